"""Draw the pictures of time.md from the code that cuts sequences: ``python docs/draw_time.py [folder]``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from sklearn_rnn._training.lanes import Segments, Truncation, lanes, updates

IMAGES = Path(__file__).parent / "images"
# The palette of Okabe and Ito (2008), which can be distinguished with any kind of colour vision.
BLUE, SKY, ORANGE, GREEN = "#0072B2", "#56B4E9", "#E69F00", "#009E73"
PINK, RED, YELLOW = "#CC79A7", "#D55E00", "#F0E442"
EDGE = {"edgecolor": "#222222", "linewidth": 0.6}
RUN_ONLY, MASKED = {"facecolor": "white", "hatch": "////"}, {"facecolor": "white", "hatch": "xxxx"}
# The salt makes the ids in the SVG files the same in every run.
STYLE = {"svg.hashsalt": "sklearn_rnn", "font.size": 10, "hatch.linewidth": 0.6, "hatch.color": "#777777"}

N = 11  # steps of the series whose windows are drawn
CELL = 0.25  # inches of a step
WINDOWS = [  # rows of panels: title, k1, k2, whether there is a target per step
    [("(n, n) or None: one update", N, N, True), ("(k1, 4), one target per sequence", N, 4, False)],
    [("(3, 3): the usual loop", 3, 3, True), ("(4, 2): k1 > k2 skips targets", 4, 2, True)],
    [("(2, 5): windows overlap", 2, 5, True), ("(1, n): an update per step", 1, N, True)],
]
K1 = 3  # of both pictures of lanes
PANEL, PANEL_LANES = [11, 4, 8, 2, 5, 6], 3
LONG, LONG_LANES = [52], 4


def draw(folder: Path = IMAGES) -> list[Path]:
    """Draw all pictures into a folder and return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with mpl.rc_context({**mpl.rcParamsDefault, "backend": "agg", **STYLE}):
        for name, figure in {"windows": draw_windows(), "lanes": draw_lanes()}.items():
            files.append(folder / f"{name}.svg")
            figure.savefig(files[-1], metadata={"Date": None}, facecolor="white")
    return files


def draw_windows() -> Figure:
    """Draw which steps each update runs, differentiates and learns from."""
    rows = [[(title, _windows(*how)) for title, *how in row] for row in WINDOWS]
    heights = [CELL * (max(len(found) for _, found in row) + 2.4) for row in rows]
    width, height = 8.4, sum(heights) + 0.9
    figure = Figure(figsize=(width, height))
    for i, row in enumerate(rows):
        top = height - sum(heights[:i]) - 0.3
        for j, (title, found) in enumerate(row):
            w, h = CELL * (N + 1), CELL * len(found)
            axes = figure.add_axes(((0.75 + 4.1 * j) / width, (top - h) / height, w / width, h / height))
            _draw_updates(axes, found)
            axes.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=5)
    figure.legend(handles=_legend_of_windows(), loc="lower center", ncols=2, frameon=False, fontsize=9.5)
    return figure


def draw_lanes() -> Figure:
    """Draw how the series of a panel, and the segments of one long series, are assigned to lanes."""
    figure = Figure(figsize=(8.4, 0.62 * (PANEL_LANES + LONG_LANES) + 3.2), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.12)
    upper, lower = figure.subplots(2, 1, height_ratios=[PANEL_LANES, LONG_LANES])
    titles = (f"A panel of {len(PANEL)} series", f"One series of {LONG[0]} steps")
    for axes, lengths, n, title in zip((upper, lower), (PANEL, LONG), (PANEL_LANES, LONG_LANES), titles, strict=True):
        _draw_epoch(axes, lengths, n)
        axes.set_title(f"{title}, batch_size={n} lanes, k1 = {K1}", loc="left", fontsize=11, fontweight="bold")
    figure.legend(handles=_legend_of_lanes(), loc="outside lower center", ncols=2, frameon=False, fontsize=9.5)
    return figure


def _windows(k1: int, k2: int, per_step: bool) -> list[tuple[int, ...]]:
    """Return where each update of a series begins, differentiates, counts its first target, and ends."""
    truncation = Truncation(k1, k2, stateful=True, per_step=per_step)
    segments = _segments(truncation, [N], None)
    found = []
    for which, number in _each_update(segments, 1, np.arange(len(segments))):
        window = truncation.span(segments, which, number)
        # Windows that overlap are cut where the next one begins, and the gradient flows through the cut.
        gradient = window.begin if truncation.overlap else window.cut
        counted = window.counted if per_step else window.end - 1
        found.append(tuple(int(steps[0]) for steps in (window.begin, gradient, counted, window.end)))
    return found


def _draw_updates(axes: Axes, found: list[tuple[int, ...]]) -> None:
    for row, (begin, gradient, counted, end) in enumerate(found):
        for step in range(begin, end):
            _cell(axes, step, row, **(RUN_ONLY if step < gradient else {"facecolor": BLUE if step >= counted else SKY}))
        _mark_start(axes, begin - 0.4, row + 0.5, begin == 0)
    axes.set(xlim=(-0.8, N + 0.2), ylim=(len(found), 0))
    axes.set_yticks(np.arange(len(found)) + 0.5, [str(row + 1) for row in range(len(found))], fontsize=8)
    axes.set_xticks([0.5, N - 0.5], ["step 1", f"step n = {N}"], fontsize=8)
    axes.set_ylabel("update", fontsize=9)
    _bare(axes)


def _draw_epoch(axes: Axes, lengths: list[int], n_lanes: int) -> None:
    """Draw the chunk of each lane in each update of an epoch, and the states that are passed on."""
    segments = _segments(Truncation(K1, K1, stateful=True), lengths, n_lanes)
    order = np.arange(len(segments))
    lane_of = lanes(segments.chunks, n_lanes, order)
    begins, idle = np.zeros(len(segments), dtype=int), []
    for update, (which, number) in enumerate(_each_update(segments, n_lanes, order)):
        for segment, chunk in zip(which, number, strict=True):
            begins[segment] = update if chunk == 0 else begins[segment]
            _draw_chunk(axes, segments, segment, chunk, K1 * update, 2 * lane_of[segment] + 1)
        idle += [(update, lane) for lane in set(range(n_lanes)) - set(lane_of[which])]
        axes.axvline(K1 * (update + 1), color="#222222", linewidth=0.8, linestyle=":", zorder=0)
    for segment in order:
        _label_segment(axes, segments, segment, lane_of, begins)
    for update, lane in idle:
        axes.text(K1 * (update + 0.5), 2 * lane + 1.5, "idle", ha="center", va="center", color="#555555")
    axes.set(xlim=(-0.8, K1 * (update + 1) + 0.8), ylim=(2 * n_lanes + 0.1, 0))
    axes.set_yticks(2 * np.arange(n_lanes) + 1.5, [f"lane {lane + 1}" for lane in range(n_lanes)])
    axes.set_xticks(K1 * np.arange(update + 1) + K1 / 2, [f"update {i + 1}" for i in range(update + 1)])
    _bare(axes)


def _draw_chunk(axes: Axes, segments: Segments, segment: int, chunk: int, x: float, y: float) -> None:
    """Draw the steps of a chunk, and the masked steps after its end."""
    color = (SKY, ORANGE, GREEN, PINK, YELLOW, BLUE)[segment]
    for place, step in enumerate(range(K1 * chunk, K1 * (chunk + 1))):
        is_real = step < segments.length[segment]
        _cell(axes, x + place, y, **({"facecolor": color} if is_real else MASKED))
        if is_real:
            ink, label = "white" if color == BLUE else "#222222", str(segments.first[segment] + step + 1)
            axes.text(x + place + 0.5, y + 0.53, label, ha="center", va="center", fontsize=9, color=ink)


def _label_segment(axes: Axes, segments: Segments, segment: int, lane_of: Any, begins: Any) -> None:
    """Label a segment, mark its initial state, and draw an arrow from its last state to the next segment."""
    x, y = K1 * begins[segment], 2 * lane_of[segment] + 1
    is_whole = len(set(segments.sequence)) == len(segments)
    name = f"series {'abcdef'[segments.sequence[segment]]}" if is_whole else f"segment {segment + 1}"
    axes.text(x + 0.42, y - 0.15, name, fontsize=9, va="bottom")
    _mark_start(axes, x + 0.2, y - 0.35, segments.first[segment] == 0)
    if segments.continues[segment]:
        end, below, then = x + K1 * segments.chunks[segment], y + 1.2, K1 * begins[segment + 1]
        target = 2 * lane_of[segment + 1] + 0.65
        corners = [(end + 0.1, y + 0.5), (end + 0.4, y + 0.5), (end + 0.4, below), (then - 0.4, below)]
        axes.plot(*zip(*corners, (then - 0.4, target), (then, target), strict=True), color=RED)


def _each_update(segments: Segments, n_lanes: int, order: Any) -> Any:
    which, number, busy = updates(segments.chunks, n_lanes, order)
    ends = np.cumsum(busy)[:-1]
    return zip(np.split(which, ends), np.split(number, ends), strict=True)


def _segments(truncation: Truncation, lengths: list[int], n_lanes: int | None) -> Segments:
    return truncation.segments(np.array(lengths), np.zeros(len(lengths), dtype=np.int64), n_lanes)


def _cell(axes: Axes, x: float, y: float, **look: Any) -> None:
    axes.add_patch(Rectangle((x, y), 1, 1, clip_on=False, **EDGE, **look))


def _mark_start(axes: Axes, x: float, y: float, is_zero: bool) -> None:
    axes.add_line(_start(is_zero, "", [x], [y]))


def _start(is_zero: bool, label: str, x: Any = (), y: Any = ()) -> Line2D:
    look = {"marker": "o", "color": "white"} if is_zero else {"marker": ">", "color": RED}
    return Line2D(x, y, linestyle="", markeredgecolor=RED, markersize=6, label=label, **look)


def _bare(axes: Axes) -> None:
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _legend_of_windows() -> list[Any]:
    return [
        Patch(facecolor=BLUE, label="target counts in this update", **EDGE),
        Patch(facecolor=SKY, label="gradient flows through; no new target", **EDGE),
        Patch(label="run forward only, without gradient", **RUN_ONLY, **EDGE),
        _start(True, "begins with a state of zero"),
        _start(False, "begins with the state that was carried here"),
    ]


def _legend_of_lanes() -> list[Any]:
    return [
        Patch(label="masked: the series has ended", **MASKED, **EDGE),
        _start(True, "begins with a state of zero"),
        Line2D([], [], color=RED, label="state handed over from the epoch before"),
        _start(False, "begins with that state (in the first epoch: zero)"),
    ]


if __name__ == "__main__":
    for path in draw(*map(Path, sys.argv[1:2])):
        print(path)
