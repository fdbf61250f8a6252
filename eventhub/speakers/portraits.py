"""Portraits: whatever picture was sent, a small JPEG without metadata is kept."""

import asyncio
from io import BytesIO

from PIL import Image, ImageOps

from eventhub.errors import Problems
from eventhub.words import Sentence

#: Bytes of a picture as it is sent.
LARGEST_PORTRAIT = 5_000_000
#: Pixels of a picture that we are ready to unpack: 40 million take about 160 MB.
MOST_PIXELS = 40_000_000
#: Pixels of the longer side as it is kept.
_SIDE = 800
_FORMATS = ("JPEG", "PNG", "WEBP")


async def made_anew(content: bytes) -> bytes:
    """
    A picture as we keep it: upright, at most 800 pixels each way, a JPEG of its pixels and nothing else.

    Place, camera and everything else that cameras write beside the pixels are dropped.

    Raises:
        Problems: it is too large, or no picture that we can read.

    """
    if len(content) > LARGEST_PORTRAIT:
        raise Problems({"portrait": [Sentence("This picture is larger than 5 MB. Please choose a smaller one.")]})
    return await asyncio.to_thread(_made_anew, content)


def _made_anew(content: bytes) -> bytes:
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _too_many_pixels()
            picture.draft("RGB", (_SIDE * 2, _SIDE * 2))
            upright = ImageOps.exif_transpose(picture)
            upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            upright.thumbnail((_SIDE, _SIDE))
            clean = Image.new("RGB", upright.size, "white")
            clean.paste(upright, mask=upright if upright.mode == "RGBA" else None)
            written = BytesIO()
            clean.save(written, "JPEG", quality=85, optimize=True)
            return written.getvalue()
    except Problems:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except Exception:  # what readers of broken pictures raise is not written down anywhere
        raise Problems(
            {"portrait": [Sentence("We cannot read this file as a picture. Please choose a JPEG, PNG or WebP file.")]}
        ) from None


def _too_many_pixels() -> Problems:
    return Problems({"portrait": [Sentence("This picture has too many pixels. Please choose a smaller one.")]})
