"""A DVD player without a screen: libdvdnav, the library VLC and Kodi play discs with.

What it calls are the functions and events of <dvdnav/dvdnav.h> and <dvdnav/dvdnav_events.h>.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 2048
_OK = 1
_NOP, _STILL, _STOP, _WAIT = 1, 2, 8, 13
_BUTTONS = 36
_MOST = 200_000
"""Blocks and events read before a player is taken to hang."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the player is."""

    title: int
    """0 in a menu."""
    part: int
    """The chapter; 0 in a menu, which its buttons tell from others."""
    buttons: int
    """Of the menu."""


class Player:
    """One disc in a player; every method raises AssertionError with libdvdnav's words."""

    def __init__(self, library: ctypes.CDLL, handle: ctypes.c_void_p) -> None:
        self._library, self._handle = library, handle

    def _call(self, name: str, *arguments: object) -> None:
        done = getattr(self._library, f"dvdnav_{name}")(self._handle, *arguments)
        words: bytes = self._library.dvdnav_err_to_string(self._handle)
        assert done == _OK, f"dvdnav_{name}{arguments}: {words.decode()}"

    def _number(self, name: str, *arguments: object) -> int:
        value = ctypes.c_int32()
        self._call(name, *arguments, ctypes.byref(value))
        return value.value

    def titles(self) -> int:
        return self._number("get_number_of_titles")

    def chapters(self, title: int) -> int:
        return self._number("get_number_of_parts", ctypes.c_int32(title))

    def place(self) -> Place:
        """Title 0 between two programmes too, where libdvdnav knows of none."""
        title, part = ctypes.c_int32(), ctypes.c_int32()
        self._library.dvdnav_current_title_info(
            self._handle, ctypes.byref(title), ctypes.byref(part)
        )
        if title.value == 0:
            return Place(0, 0, self._buttons())
        return Place(title.value, part.value, 0)

    def _buttons(self) -> int:
        information = self._library.dvdnav_get_current_nav_pci(self._handle)
        # struct pci_t: pci_gi (60 bytes), nsml_agli (36), hli: highlight general information, in
        # which the number of buttons is byte 17 <dvdread/nav_types.h>
        return ctypes.string_at(information, 60 + 36 + 18)[60 + 36 + 17] if information else 0

    def press(self, button: int) -> None:
        """Activates a button, from 1, of the menu it is in."""
        information = self._library.dvdnav_get_current_nav_pci(self._handle)
        self._call("button_select_and_activate", ctypes.c_void_p(information), button)

    def play(self, title: int, chapter: int) -> None:
        self._call("part_play", ctypes.c_int32(title), ctypes.c_int32(chapter))

    def menu(self, which: int) -> None:
        """The remote's key: 2 the disc's menu, 3 the title's."""
        self._call("menu_call", which)

    def watch(self) -> tuple[tuple[int, int], ...]:
        """On until a menu waits or the disc stops: the (title, chapter) pairs seen, in order."""
        seen: list[tuple[int, int]] = []
        block = ctypes.create_string_buffer(_BLOCK)
        event, length = ctypes.c_int32(), ctypes.c_int32()
        for _ in range(_MOST):
            self._call("get_next_block", block, ctypes.byref(event), ctypes.byref(length))
            if event.value == _WAIT:
                self._call("wait_skip")
            elif event.value == _STOP:
                return tuple(seen)
            elif event.value == _STILL:
                if self.place().title == 0 and self._buttons():
                    return tuple(seen)
                self._call("still_skip")
            elif event.value == 0:
                now = self.place()
                if now.title and (now.title, now.part) not in seen[-1:]:
                    seen.append((now.title, now.part))
        raise AssertionError(f"the player does not come to an end; it saw {seen[:20]}")


@contextmanager
def playing(image: Path) -> Iterator[Player]:
    """An image put in: nothing was read of it yet."""
    library = ctypes.CDLL("libdvdnav.so.4")
    library.dvdnav_err_to_string.restype = ctypes.c_char_p
    library.dvdnav_get_current_nav_pci.restype = ctypes.c_void_p
    handle = ctypes.c_void_p()
    opened = library.dvdnav_open(ctypes.byref(handle), str(image).encode())
    assert opened == _OK, f"libdvdnav does not open {image}"
    try:
        library.dvdnav_set_readahead_flag(handle, 0)
        yield Player(library, handle)
    finally:
        library.dvdnav_close(handle)
