// Reads [{tex, display}, …] as JSON from standard input and writes [{html} or {error}, …]: KaTeX, run once a build.
import { createRequire } from "node:module";

const katex = createRequire(import.meta.url)("katex");
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const answers = JSON.parse(Buffer.concat(chunks).toString("utf8")).map(({ tex, display }) => {
  try {
    return { html: katex.renderToString(tex, { displayMode: display, strict: "ignore" }) };
  } catch (error) {
    return { error: error.message };
  }
});
process.stdout.write(JSON.stringify(answers));
