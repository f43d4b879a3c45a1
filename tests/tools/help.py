"""What --help says, read back.

help.py options PROGRAM...    a line an option: program, name, letter or -, argument or -, text
help.py examples PROGRAM      the examples, a command a line
"""
import re, subprocess, sys


def page(program):
    return subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout.split("\n")


def examples(lines):
    at = lines.index("Examples:") + 1
    text = ""
    while lines[at].strip():
        text += lines[at].strip() + (" " if lines[at].endswith("|") else "\n")
        at += 1
    return text


def options(lines):
    found = []
    for line in lines:
        m = re.match(r"^  (?:-(\S), )?    ?(?:(?<=, )|(?<=      ))--([a-z][a-z-]*)(\[?=\S*)?(?:\s+(.*))?$", line) or \
            re.match(r"^  (?:-(\S), |    )--([a-z][a-z-]*)(\[?=\S*)?(?:\s+(.*))?$", line)
        if m:
            found.append([m[2], m[1] or "-", (m[3] or "-").lstrip("="), [m[4] or ""]])
        elif found and line.startswith(" " * 20):
            found[-1][3].append(line.strip())
        elif not line.startswith("  "):
            continue
    return [(name, letter, argument, " ".join(text).strip()) for name, letter, argument, text in found]


if sys.argv[1] == "examples":
    print(examples(page(sys.argv[2])), end="")
else:
    for p in sys.argv[2:]:
        for name, letter, argument, text in options(page(p)):
            print(p, name, letter, argument, text, sep="\t")
