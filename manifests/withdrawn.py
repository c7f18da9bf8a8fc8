"""What stands at the lasting addresses of a lesson that was withdrawn: no player, no file."""

from manifests.media import HLS_TYPE
from manifests.model import Text
from manifests.site import asset_names, render


def withdrawn_playlist() -> Text:
    """`master.m3u8` that offers nothing to play; relative to the lesson's folder."""
    return Text("master.m3u8", HLS_TYPE, "#EXTM3U\n# withdrawn 已撤回\n")


def withdrawn_page(lesson: str) -> Text:
    """`lessons/<lesson>/index.html`; it says nothing of what the lesson was."""
    text = render("withdrawn.html", up="../../", files=asset_names(), lesson=lesson)
    return Text(f"lessons/{lesson}/index.html", "text/html", text)
