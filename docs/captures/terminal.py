"""terminal.py WANTED COMMAND...: runs a command on a pseudo-terminal, and prints what the terminal shows as soon as it has
a line that begins with each line of the file WANTED, or when the command ends. Then the command is killed."""

import codecs, fcntl, os, pathlib, pty, re, signal, struct, sys, termios

# Wide enough that the terminal breaks no line: `svg.py` breaks them between words.
COLUMNS = 400
wanted, command = pathlib.Path(sys.argv[1]).read_text().splitlines(), sys.argv[2:]
ESCAPE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


class Screen:
    """The cells of a terminal, for the escape sequences that indicatif and lambda-img write."""

    def __init__(self):
        self.rows, self.row, self.column, self.style = [[]], 0, 0, ""

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
        else:
            if self.column == COLUMNS:
                self.row, self.column = self.row + 1, 0
            self.extend()
            row = self.rows[self.row]
            row += [(" ", "")] * (self.column + 1 - len(row))
            row[self.column] = (character, self.style)
            self.column += 1
        self.extend()

    def extend(self):
        self.rows += [[] for _ in range(self.row + 1 - len(self.rows))]

    def escape(self, parameters, kind):
        count = int(parameters or 1) if parameters.isdigit() or not parameters else 1
        if kind == "m":
            self.style = "" if parameters in ("", "0") else self.style + f"\x1b[{parameters}m"
        elif kind == "A":
            self.row = max(self.row - count, 0)
        elif kind == "B":
            self.row += count
            self.extend()
        elif kind == "K":
            self.rows[self.row][0 if parameters == "2" else self.column :] = []
        elif kind == "J":
            self.rows[self.row][self.column :] = []
            self.rows[self.row + 1 :] = []
        elif kind == "G":
            self.column = count - 1
        elif kind not in "hl":
            raise ValueError(f"unknown escape sequence: {parameters}{kind}")

    def feed(self, piece):
        """Shows a piece of output, and returns its end if that is an incomplete escape sequence."""
        while piece:
            if piece[0] != "\x1b":
                self.put(piece[0])
                piece = piece[1:]
            elif found := ESCAPE.match(piece):
                self.escape(*found.groups())
                piece = piece[found.end() :]
            else:
                break
        return piece

    def lines(self, styled):
        for row in self.rows:
            line, style = "", ""
            for character, its in row:
                if styled and its != style:
                    line, style = line + "\x1b[0m" + its, its
                line += character
            yield (line + "\x1b[0m" if style else line).rstrip()


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        os.execvp(command[0], command)
    screen, rest, decoder = Screen(), "", codecs.getincrementaldecoder("utf-8")("replace")
    while not all(any(line.startswith(one) for line in screen.lines(False)) for one in wanted):
        try:
            piece = os.read(terminal, 1 << 16)
        except OSError:
            break
        rest = screen.feed(rest + decoder.decode(piece))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    print("\n".join(screen.lines(True)).rstrip("\n"))


main()
