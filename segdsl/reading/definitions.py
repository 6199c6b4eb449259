"""What stands around a condition: whose segment it is, who takes whom, what is promised, what its names mean.

In: a program, names of segments and a language. Out: a `Reading` for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from segdsl.reading.language import Language
from segdsl.reading.sentences import Line, Sentences
from segdsl.semantics import ir

NOTES = ("missing", "rows", "past", "division", "now")


@dataclass(frozen=True)
class Reading:
    """One segment, read. `facts` say what it belongs to; the `sections` have a heading and points.

    The first section says who is in it.
    """

    name: str
    title: str
    entity: str
    about: str
    facts: tuple[str, ...]
    sections: tuple[Line, ...]


def read(program: ir.Program, names: Sequence[str], language: Language) -> list[Reading]:
    """The segments called `names`, each read by itself."""
    return [_read(program, program.segments[name], language) for name in names]


def _read(program: ir.Program, segment: ir.Segment, language: Language) -> Reading:
    sentences = Sentences(program, language)
    days, condition = _active(segment.condition)
    who = Line(
        language.say("head.who", entity=language.quoted(segment.entity)),
        (sentences.condition(condition, segment.entity),),
    )
    facts = [*_group(program, segment, sentences, language)]
    if segment.owner:
        facts.append(language.say("head.owner", owner=segment.owner))
    if days is not None:
        facts.append(language.say("head.active", window=sentences.window(days)))
    names = _names(sentences, language)
    promises = tuple(Line(_promise(each, sentences, language)) for each in segment.promises)
    notes = tuple(Line(language.say(f"note.{note}")) for note in NOTES if note in sentences.notes)
    parts = (("names", names), ("promises", promises), ("notes", notes))
    sections = (who, *(Line(language.say(f"head.{key}"), lines) for key, lines in parts if lines))
    return Reading(segment.name, segment.title, segment.entity, segment.about, tuple(facts), sections)


def _active(condition: ir.Condition) -> tuple[ir.Range | None, ir.Condition]:
    """The days that a segment is confined to, and what holds on them."""
    match condition:
        case ir.All((ir.InWindow(ir.Today(), ir.Range() as days), inner)):
            return days, inner
    return None, condition


def _group(program: ir.Program, segment: ir.Segment, sentences: Sentences, language: Language) -> list[str]:
    """Which group it is in, and who takes whom there."""
    if segment.group is None:
        return []
    group, say = program.groups[segment.group], language.say
    others = [each.title for each in program.groups.values()]
    title = language.quoted(group.title) + ("" if others.count(group.title) == 1 else f" ({group.name})")
    found = [say("head.group", group=title)]
    if group.exclusive:
        place, count = (language.number(each) for each in (group.members.index(segment.name) + 1, len(group.members)))
        found = [say("head.exclusive", group=title, place=place, number=count)]
        stronger = [sentences.segment(name) for name in program.rivals(segment.name)]
        after = say("head.after", segments=language.listed(stronger)) if stronger else say("head.first")
        found.append(after)
    if group.complete:
        found.append(say("head.complete"))
    if segment.is_rest:
        found.append(say("head.rest"))
    return found


def _names(sentences: Sentences, language: Language) -> tuple[Line, ...]:
    """What the titled metrics mean that were named, and those that are named in saying so."""
    lines: list[Line] = []
    told: set[str] = set()
    while waiting := [metric for name, metric in sentences.metrics.items() if name not in told]:
        metric = waiting[0]
        told.add(metric.name)
        meaning = sentences.meaning(metric)
        text = language.say("head.name", name=sentences.metric(metric), meaning=meaning.text)
        lines.append(Line(text, meaning.below))
    return tuple(lines)


def _promise(promise: ir.Promise, sentences: Sentences, language: Language) -> str:
    say = language.say
    match promise:
        case ir.SizePromise(low, high, percent):
            write = language.percent if percent else language.number
            if low is not None and high is not None:
                text = say("promise.between", low=write(low), high=write(high))
            elif low is not None:
                text = say("promise.at_least", low=write(low))
            elif high is not None:
                text = say("promise.at_most", high=write(high))
            else:
                return say("promise.any")
            return say("promise.of_all", size=text) if percent else text
        case ir.ChangePromise(percent):
            return say("promise.change", percent=language.percent(percent))
        case ir.RelationPromise(kind, segment):
            return say(f"promise.{kind}", segment=sentences.segment(segment))
        case _:
            assert_never(promise)
