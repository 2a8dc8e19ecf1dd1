"""What --help and --helpfull print: the flags by group, the most used first."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from absl import flags

_WIDTH = 96
_INDENT = 26


@dataclass(frozen=True)
class Usage:
    """The help of one command.

    Attributes:
      what: what it does, in one line.
      examples: commands to copy.
      groups: the names of flags by heading, in the order in which --helpfull lists them.
      most_used: the headings that --help lists; all of them where it is empty.
      notes: by a flag's name, what is said behind its meaning, such as the recipes' values.
      files: the multi_string flag that takes the arguments that are no flags; None to refuse them.
    """

    what: str
    examples: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    most_used: Sequence[str] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    files: str | None = None


def short(usage: Usage) -> str:
    """The examples and the groups that are used most."""
    headings = usage.most_used or list(usage.groups)
    lines = _lines(usage, headings)
    if len(headings) < len(usage.groups):
        others = [heading for heading in usage.groups if heading not in headings]
        rest = f"--helpfull lists the rest: {', '.join(others)}."
        lines += ["", *textwrap.wrap(rest, _WIDTH)]
    return "\n".join(lines)


def full(usage: Usage) -> str:
    """Everything, with absl's own flags."""
    absl = flags.FLAGS.flags_by_module_dict().get("absl.logging", [])
    lines = _lines(usage, list(usage.groups))
    lines += ["", "absl's logging:"]
    lines += [line for each in absl for line in _flag(each.name, "")]
    return "\n".join(lines)


def _lines(usage: Usage, headings: Sequence[str]) -> list[str]:
    lines = [usage.what, "", *(f"  {example}" for example in usage.examples)]
    for heading in headings:
        lines += ["", f"{heading}:"]
        for name in usage.groups[heading]:
            lines += _flag(name, usage.notes.get(name, ""))
    return lines


def _flag(name: str, note: str) -> list[str]:
    flag = flags.FLAGS[name]
    shown = f"  --[no]{name}" if flag.boolean else f"  --{name}"
    text = f"{flag.help}{note}"
    wrapped = textwrap.wrap(text, _WIDTH - _INDENT, break_on_hyphens=False)
    if len(shown) < _INDENT - 1:
        first, *rest = wrapped
        return [f"{shown:{_INDENT}}{first}", *(" " * _INDENT + line for line in rest)]
    return [shown, *(" " * _INDENT + line for line in wrapped)]
