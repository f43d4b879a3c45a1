"""transcript.py: the commands of a Markdown file as one shell script, and what they print against what it says.

  transcript.py script FILE                the fenced blocks of sh, in order, as a script that marks where each begins;
                                           lines that call make are left out
  transcript.py compare FILE OUTPUT        every fenced block of text must be among the lines that the block of sh
                                           before it printed, one behind the other; a line of ... stands for any lines

With --section TEXT only blocks under headings that contain TEXT are taken (repeatable); --section '' are those
before the first heading of the second level."""
import argparse
import re
import sys


def blocks(name, sections):
    """(language, lines, number of the first line) of each fenced block."""
    heading, language, taken, out = "", None, [], []
    for number, line in enumerate(open(name, encoding="utf-8").read().split("\n"), 1):
        if language is not None:
            if line.startswith("```"):
                if not sections or any(s in heading if s else heading == "" for s in sections):
                    out.append((language, taken, first))
                language = None
            else:
                taken.append(line)
        elif line.startswith("```"):
            language, taken, first = line[3:].strip(), [], number + 1
        elif line.startswith("## "):
            heading = line[3:]
    return out


def among(wanted, lines):
    """Whether wanted is found in lines: parts between ... one behind the other, each without a gap."""
    parts, part = [], []
    for w in wanted + ["..."]:
        if w == "...":
            parts, part = parts + [part], []
        else:
            part.append(w)
    at = 0
    for part in parts:
        while at + len(part) <= len(lines) and lines[at:at + len(part)] != part:
            at += 1
        if at + len(part) > len(lines):
            return part
        at += len(part)
    return None


def main():
    p = argparse.ArgumentParser()
    p.add_argument("mode", choices=["script", "compare"])
    p.add_argument("file")
    p.add_argument("output", nargs="?")
    p.add_argument("--section", action="append", default=[])
    a = p.parse_args()
    found = blocks(a.file, a.section)
    if a.mode == "script":
        for language, lines, first in found:
            if language == "sh":
                print(f"printf '@@%d\\n' {first}")
                print("\n".join(l for l in lines if not re.match(r"make\b", l)))
        return 0
    printed, at = {}, None
    for line in open(a.output, encoding="utf-8").read().split("\n"):
        if line.startswith("@@"):
            at = int(line[2:])
            printed[at] = []
        elif at is not None:
            printed[at].append(line.rstrip())
    before, bad, seen = None, 0, 0
    for language, lines, first in found:
        if language == "sh":
            before = first
        elif language == "text":
            seen += 1
            missing = among([l.rstrip() for l in lines], printed.get(before, []))
            if missing is not None:
                bad = 1
                print(f"{a.file}:{first}: not printed:", *missing, "but:", *printed.get(before, []), sep="\n")
    print(f"{seen} displays compared")
    return bad or seen == 0


if __name__ == "__main__":
    sys.exit(main())
