"""svg.py TEXT SVG: draws lines of a terminal, in their colours. Lines that begin with `$ ` are bold. The picture has a
light and a dark scheme, and follows the reader's (`prefers-color-scheme`)."""

import pathlib, re, sys
from xml.sax.saxutils import escape

COLUMNS, CELL, LINE, PAD = 118, 7.8, 19, 16
PLAIN = ("plain", "normal")
# The colours of SGR that lambda-img writes, bright or not, and `dim` for faint text.
NAMES = ["dim", "red", "green", "yellow", "blue", "magenta", "cyan", "plain"]
LIGHT = ["#59636e", "#b91c1c", "#116329", "#7d4e00", "#0550ae", "#7a35c9", "#0b6170", "#1f2328"]
DARK = ["#9e9e9e", "#ff8a80", "#b9f6ca", "#ffd180", "#82b1ff", "#ea80fc", "#84ffff", "#e0e0e0"]
LIGHT_SCREEN, DARK_SCREEN = "#f6f8fa", "#1e2127"


def styled(code, style):
    """The style after an SGR code."""
    colour, weight = style
    if code == 0:
        return PLAIN
    if code in (1, 22):
        return colour, "bold" if code == 1 else "normal"
    if code == 2:
        return NAMES[0], weight
    if code in range(30, 38) or code in range(90, 98):
        return NAMES[code % 10], weight
    return (PLAIN[0], weight) if code == 39 else style


def cells(line):
    """The characters of a line, each with its style."""
    style, found = (PLAIN[0], "bold" if line.startswith("$ ") else "normal"), []
    for at, part in enumerate(re.split(r"\x1b\[([0-9;]*)m", line)):
        if at % 2 == 0:
            found += [(character, style) for character in part]
        else:
            for code in part.split(";"):
                style = styled(int(code or 0), style)
    return found


def fold(line):
    """Breaks a long line before a word, and indents the rest. Only a word that is longer than a line is broken itself."""
    text = "".join(character for character, _ in line)
    indent = min(len(text) - len(text.lstrip(" ")) + 4, COLUMNS // 2)
    rows = []
    while len(line) > COLUMNS:
        text = "".join(character for character, _ in line)
        at = text.rfind(" ", indent, COLUMNS + 1)
        at = COLUMNS if at < 0 or not text[:at].strip() else at
        rows.append(line[:at])
        rest = len(text[at:]) - len(text[at:].lstrip(" "))
        line = [(" ", PLAIN)] * indent + line[at + rest :]
    return rows + [line]


def spans(row):
    """The runs of one style: column, text, style."""
    found = []
    for column, (character, style) in enumerate(row):
        if found and found[-1][2] == style:
            found[-1][1] += character
        else:
            found.append([column, character, style])
    return found


rows = [row for line in pathlib.Path(sys.argv[1]).read_text().splitlines() for row in fold(cells(line))]
width, height = round(COLUMNS * CELL + 2 * PAD), len(rows) * LINE + 2 * PAD


def scheme(screen, colours):
    """The style sheet of one scheme."""
    texts = "".join(f".{name}{{fill:{colour}}}" for name, colour in zip(NAMES, colours))
    return f".screen{{fill:{screen}}}{texts}"


out = [
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
    f"<style>{scheme(LIGHT_SCREEN, LIGHT)}",
    f"@media (prefers-color-scheme: dark){{{scheme(DARK_SCREEN, DARK)}}}</style>",
    f'<rect class="screen" width="{width}" height="{height}" rx="8" stroke="#8c959f" stroke-opacity="0.4"/>',
    '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" xml:space="preserve">',
]
for at, row in enumerate(rows):
    for column, text, (colour, weight) in spans(row):
        bold = ' font-weight="bold"' if weight == "bold" else ""
        place = f'x="{PAD + column * CELL:g}" y="{PAD + 14 + at * LINE}" class="{colour}"{bold}'
        length = f'textLength="{len(text) * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
        out.append(f"<text {place} {length}>{escape(text)}</text>")
pathlib.Path(sys.argv[2]).write_text("\n".join(out + ["</g>", "</svg>"]) + "\n")
