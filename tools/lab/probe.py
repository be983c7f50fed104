"""The JavaScript of the browser tests: a probe that watches pictures from inside the page, and questions.

A widget's pictures are elements of class `tfm-picture` whose content is replaced on each draw. The probe
counts these draws, and times each one from the key press that asked for it:

    key      the moment the browser received the key (the event's own time stamp)
    changed  the moment the picture's DOM had changed
    shown    just after the first frame that contains the change was produced

Nothing of Playwright's own time is in these numbers. Each page gets the probe before any other script.
"""

PROBE = """
(() => {
  if (window.tfmProbe) return;
  const probe = window.tfmProbe = {moves: [], pending: null, tell: () => {}};
  const afterFrame = work => requestAnimationFrame(() => {
    const channel = new MessageChannel();  // its task runs after the frame's style, layout and paint
    channel.port1.onmessage = work;
    channel.port2.postMessage(0);
  });
  const drawn = (picture, now) => {
    picture.tfmDraws = (picture.tfmDraws || 0) + 1;
    const move = probe.pending;
    if (!move || move.changed !== null) return;
    move.changed = now;
    afterFrame(() => {
      move.shown = performance.now();
      probe.pending = null;
      probe.moves.push(move);
      probe.tell();
    });
  };
  new MutationObserver(records => {
    const now = performance.now(), pictures = new Set(), widgets = new Set();
    for (const record of records) {
      const place = record.target.nodeType === 1 ? record.target : record.target.parentElement;
      const picture = place && place.closest('.tfm-picture'), widget = place && place.closest('.tfm-widget');
      if (picture) pictures.add(picture);
      if (widget) widgets.add(widget);
    }
    widgets.forEach(w => { w.tfmChanged = now; });
    pictures.forEach(p => drawn(p, now));
  }).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ['src', 'd', 'points', 'fill', 'x', 'y', 'x1', 'y1', 'x2', 'y2', 'width', 'height',
                      'transform'],
  });
  document.addEventListener('keydown', event => {
    probe.pending = {key: event.timeStamp, changed: null, shown: null};
  }, true);
})();
"""

# Answers when `count` moves have been shown; the page tells by itself: nothing polls during a measurement.
SHOWN = """([count, milliseconds]) => new Promise((done, failed) => {
  const look = () => { if (tfmProbe.moves.length >= count) done(true); };
  tfmProbe.tell = look;
  setTimeout(() => failed(new Error('no picture was drawn after a key')), milliseconds);
  look();
})"""

# Asked of a widget's root element, or of a picture.
DRAWS = "root => [...root.querySelectorAll('.tfm-picture')].reduce((n, p) => n + (p.tfmDraws || 0), 0)"
TO_THE_MIDDLE = "place => place.scrollIntoView({block: 'center', inline: 'nearest', behavior: 'instant'})"
QUIET_MS = "root => performance.now() - (root.tfmChanged || 0)"

# Asked of the page; the notebook is JupyterLab's current panel.
PANEL = "window.jupyterapp?.shell.currentWidget"
OUTER = f"({PANEL}.content.outerNode || {PANEL}.content.node)"
NAMES = """() => [...document.querySelectorAll('.tfm-widget')]
  .map(w => w.dataset.widget || [...w.classList].find(name => /^[A-Z]/.test(name)) || '?')"""
LEAST_QUIET_MS = """() => Math.min(Infinity, ...[...document.querySelectorAll('.tfm-widget')]
  .map(w => performance.now() - (w.tfmChanged || 0)))"""
IS_READY = f"""() => {{
  const panel = {PANEL}, session = panel?.sessionContext;
  return Boolean(panel?.context?.isReady && session?.isReady
                 && session.session?.kernel?.connectionStatus === 'connected');
}}"""
# Opens another notebook in a JupyterLab that is loaded, and takes it away again with its kernel.
OPEN = "async path => { await jupyterapp.commands.execute('docmanager:open', {path}); }"
LEAVE = f"async () => {{ const panel = {PANEL}; await panel.sessionContext.shutdown(); panel.dispose(); }}"
KERNEL = f"() => {PANEL}.sessionContext.session?.kernel?.status"
# Counts the requests to the kernel that are under way: a click is one, from the moment it is sent, so that no test
# takes the picture before the click for the one after it. Each request ends with a status of its own, and is over
# when the page has worked through all that came before it: `anyMessage` would tell of its mere arrival.
WATCH = f"""() => {{
  const kernel = {PANEL}.sessionContext.session.kernel, open = window.tfmOpen = new Set();
  kernel.anyMessage.connect((_, {{msg, direction}}) => {{
    if (direction === 'send' && msg.channel === 'shell') open.add(msg.header.msg_id);
  }});
  kernel.iopubMessage.connect((_, msg) => {{
    if (msg.header.msg_type === 'status' && msg.content.execution_state === 'idle')
      open.delete(msg.parent_header.msg_id);
  }});
  kernel.statusChanged.connect((_, status) => {{ if (/restarting|dead/.test(status)) open.clear(); }});
}}"""
# Frames have to pass: the pointer's moves are sent with the next one, and a picture that skipped drawings shows
# the last with the next one.
ANSWERED = f"""async () => {{
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const quiet = () => {PANEL}.sessionContext.session?.kernel?.status === 'idle' && !window.tfmOpen.size;
  await frame();
  if (!quiet()) return false;
  await frame();
  return quiet();
}}"""
# Whether anything is under way: the kernel, a request to it, a widget that changed just now, the page itself.
AT_WORK = f"""() => {{
  const kernel = {PANEL}?.sessionContext?.session?.kernel, now = performance.now();
  return kernel?.status !== 'idle' || Boolean(window.tfmOpen?.size)
    || [...document.querySelectorAll('.tfm-widget')].some(w => now - (w.tfmChanged || 0) < 1000);
}}"""
# Grows with every cell that is run, also when it is run again.
CELLS_RUN = f"() => {PANEL}.content.widgets.reduce((sum, cell) => sum + (cell.model.executionCount || 0), 0)"
CELLS = f"""() => {PANEL}.content.widgets.map((cell, index) => ({{cell, index}}))
  .filter(({{cell}}) => cell.model.type === 'code')
  .map(({{cell, index}}, n) => ({{
     index, number: n + 1, source: cell.model.sharedModel.getSource(), count: cell.model.executionCount,
     tags: cell.model.getMetadata('tags') || [], outputs: cell.model.outputs.toJSON()}}))"""
SELECT = "index => { jupyterapp.shell.currentWidget.content.activeCellIndex = index; }"
START = """command => {
  window.tfmRun = null;
  jupyterapp.commands.execute(command).then(ok => { window.tfmRun = {ok}; },
                                            error => { window.tfmRun = {ok: false, error: String(error)}; });
}"""
ENDED = "() => window.tfmRun"
RESTART = f"() => {PANEL}.sessionContext.session.kernel.restart()"
# Writes down what a widget's line of numbers says, each time it changes: asked of the widget's root element.
WRITE_DOWN = """root => {
  window.tfmSeen = [];
  const line = root.querySelector('.tfm-readout');
  new MutationObserver(() => tfmSeen.push(line.innerText)).observe(
    line, {childList: true, subtree: true, characterData: true});
}"""
WRITTEN_DOWN = "() => window.tfmSeen"
STORED_PICTURE = f"""index => {{
  const cell = {PANEL}.content.widgets[index];
  cell.node.scrollIntoView();
  return cell.outputArea?.node.querySelector('img')?.naturalWidth || 0;
}}"""
SCROLL_TO_START = f"() => {{ {OUTER}.scrollTop = 0; }}"
SCROLL_TO_END = f"() => {{ {OUTER}.scrollTop = {OUTER}.scrollHeight; }}"
IN_VIEW = f"""root => {{
  const frame = {OUTER}.getBoundingClientRect(), box = root.getBoundingClientRect();
  return root.isConnected && box.height > 0 && box.bottom > frame.top && box.top < frame.bottom;
}}"""
