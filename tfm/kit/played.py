"""What a widget has that plays: a button that starts and stops, and a picture that tells what was shown.

A frame and whatever the page sends take turns (`LessonWidget.turn`), so neither sees the other half done. What
takes longer than a picture may is `work`: it belongs to its play alone, and a play that was stopped changes
nothing more.
"""

from typing import Any

import ipywidgets

from tfm.kit.base import LessonWidget
from tfm.kit.messages import key, say
from tfm.kit.picture import Picture
from tfm.kit.player import Player

Face = tuple[str, str]  # words and icon of a button
PLAY, PAUSE = (key("Play"), "play"), (key("Pause"), "pause")


class PlayedWidget(LessonWidget):
    """A widget with a player.

    A subclass says in `frame` what a step is, and in `pressed` what a play begins with.

    Args:
        up: the button while nothing plays.
        down: the button while it plays.

    Attributes:
        player: calls `frame`.
        play_button: starts and stops it.
    """

    def __init__(self, up: Face = PLAY, down: Face = PAUSE) -> None:
        super().__init__()
        Player.stop_all()  # a cell that is run again leaves no earlier widget at work
        self._faces = tuple((say(words), icon) for words, icon in (up, down))
        self.player = Player(
            lambda *play: bool(self.guarded(lambda: self.frame(*play))),
            self.ended,
            turn=self.turn,
            work=self.work,
        )
        self.play_button = ipywidgets.ToggleButton(
            description=self._faces[0][0], icon=up[1], button_style="primary"
        )
        self.when(self.play_button, self._pressed)

    # What a subclass says -----------------------------------------------------------------------------------

    def begin(self) -> tuple[Any, ...]:
        """What a new play is handed, see `Player.start`."""
        return ()

    def work(self, *play: Any) -> None:
        """What takes long before each frame, on the player's thread."""

    def frame(self, *play: Any) -> bool:
        """Do one step and show it, on the player's thread; False after the last."""
        raise NotImplementedError

    def ended(self, *_: Any) -> None:
        """What follows the last frame of a play, on the player's thread."""
        self.play_button.value = False

    # What the base does -------------------------------------------------------------------------------------

    def pace(self, picture: Picture) -> None:
        """Let what the page shows of this picture set the pace."""
        picture.tells = True
        picture.observe(lambda _: self.player.shown(), names="shown")

    def pause(self) -> None:
        """Stop playing: no frame follows."""
        with self.turn:
            self.play_button.value = False
            self.player.stop()

    def close(self) -> None:
        """Stop playing and close, as ipywidgets does."""
        self.player.stop()
        super().close()

    def reset(self) -> None:
        """See `LessonWidget.reset`; it also stops playing."""
        self.pause()
        super().reset()

    def _pressed(self) -> None:
        on = self.play_button.value
        self.play_button.description, self.play_button.icon = self._faces[on]
        if not on:
            self.player.stop()
            self.redraw()
            return
        try:
            play = self.begin()
        except ValueError:
            self.play_button.value = False
            raise
        self.player.start(*play)
