"""svg.py TEXT SVG: lines of a terminal as a picture; what `$ ` begins is bold, `error:` and `denied` are red, other heads
are yellow or green. Nothing is said by colour alone."""

import pathlib, re, sys
from xml.sax.saxutils import escape

COLUMNS, CELL, LINE, PAD = 118, 7.8, 19, 16
COLOURS = [
    (r"^(error:|denied$)", "#ff8a80"),
    (r"^(warning:|warnings$|hint:|caused by:)", "#ffd180"),
    (r"@sha256:[0-9a-f]{64}$", "#b9f6ca"),
]


def fold(line):
    """Long lines go on in the next one, as in a terminal."""
    return [line[at : at + COLUMNS] for at in range(0, len(line), COLUMNS)] or [""]


rows = []
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    colour = next((colour for pattern, colour in COLOURS if re.search(pattern, line)), "#e0e0e0")
    weight = ' font-weight="bold"' if line.startswith("$ ") else ""
    rows += [(part, colour, weight) for part in fold(line)]

width, height = round(COLUMNS * CELL + 2 * PAD), len(rows) * LINE + 2 * PAD
out = [
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
    f'<rect width="{width}" height="{height}" rx="8" fill="#1e2127"/>',
    '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" xml:space="preserve">',
]
for row, (text, colour, weight) in enumerate(rows):
    length = f' textLength="{len(text) * CELL:.1f}" lengthAdjust="spacingAndGlyphs"' if text else ""
    out.append(f'<text x="{PAD}" y="{PAD + 14 + row * LINE}" fill="{colour}"{weight}{length}>{escape(text)}</text>')
pathlib.Path(sys.argv[2]).write_text("\n".join(out + ["</g>", "</svg>"]) + "\n")
