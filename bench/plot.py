"""A picture of rows, as SVG: the CPU seconds of each contestant as bars, and how far ours may reach."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from .contestants import CPU, Ratio
from .judging import typical
from .report import number, seconds
from .running import Measured

WIDTH = 860
NAMES_WIDTH = 160
BARS_WIDTH = 560
BAR = 18  # with the space below it
FIGURE = 48  # a bar's figure behind it; a goal's line does not cross it
HEAD = 34  # a row's title, and the space above it
LEGEND = 44

STYLE = """
text { font: 12px sans-serif; fill: #222 }
.title { font-weight: bold }
.ours { fill: #0b6e4f }
.peer { fill: #b7bfc7 }
.goal { stroke: #c1121f; stroke-width: 2 }
""".strip()


def svg(rows: dict[str, Measured]) -> str:
    parts, top = [], LEGEND
    for name, measured in rows.items():
        parts += row(name, measured, top)
        top += HEAD + BAR * len(measured.contestants)
    title = "CPU seconds of howdah and of its peers"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top + 12}"'
            f' viewBox="0 0 {WIDTH} {top + 12}" role="img">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{top + 12}" fill="#fff"/>',
            text(8, 20, f"{title}: the whole process tree's, medians; each row has a scale of its own"),
            text(8, 36, "A red line is a goal: howdah's bar is not to reach beyond it"),
            *parts,
            "</svg>\n",
        ]
    )


def row(name: str, measured: Measured, top: int) -> Iterator[str]:
    values = {each.name: typical(measured.runs[each.name], CPU) for each in measured.contestants}
    scale = BARS_WIDTH / max(*values.values(), 0.001)
    yield text(8, top + 22, f"{name}: {measured.row.title}", "title")
    goals = [
        (goal, NAMES_WIDTH + min(goal.most * values[goal.to] * scale, BARS_WIDTH))
        for goal in measured.row.goals
        if isinstance(goal, Ratio) and goal.figure == CPU and {goal.of, goal.to} <= values.keys()
    ]
    lines = {}
    for index, contestant in enumerate(measured.contestants):
        middle, value = top + HEAD + BAR * index, values[contestant.name]
        lines[contestant.name] = middle
        figure = NAMES_WIDTH + value * scale
        for x in sorted(x for goal, x in goals if goal.of == contestant.name):
            if figure < x < figure + FIGURE:
                figure = x
        yield text(NAMES_WIDTH - 8, middle + 9, contestant.name, anchor="end")
        yield (
            f'<rect class="{"ours" if contestant.is_ours else "peer"}" x="{NAMES_WIDTH}" y="{middle - 2}"'
            f' width="{max(value * scale, 1):.1f}" height="{BAR - 5}"/>'
        )
        yield text(figure + 6, middle + 9, seconds(value))
    for goal, x in goals:
        yield (
            f'<line class="goal" x1="{x:.1f}" x2="{x:.1f}" y1="{lines[goal.of] - 4}"'
            f' y2="{lines[goal.of] + BAR - 5}">'
            f"<title>{number(goal.most)} times {escape(goal.to)}</title></line>"
        )


def text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
