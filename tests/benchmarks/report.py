"""Markdown tables, printed row by row, with the goal beside each figure."""

from __future__ import annotations


class Report:
    """Tables that can be pasted into the README, and how many goals were met."""

    def __init__(self) -> None:
        self.n_goals = 0
        self.missed: list[str] = []

    def table(self, title: str, note: str, columns: tuple[str, ...]) -> None:
        print(f"\n### {title}\n\n{note}\n")
        self.row(*columns)
        self.row(*["---"] * len(columns))

    def row(self, *cells: str) -> None:
        print(f"| {' | '.join(cells)} |", flush=True)

    def verdict(self, what: str, value: float | None, goal: float | None) -> str:
        """Return the goal and whether the value, of what is named, is at most that."""
        if value is None or goal is None:
            return ""
        self.n_goals += 1
        if value <= goal:
            return f"{goal:g}: met"
        self.missed.append(f"{what}: {value:.3g} instead of {goal:g}")
        return f"{goal:g}: missed"

    def close(self) -> None:
        print(f"\n{self.n_goals - len(self.missed)} of {self.n_goals} goals met.")
        for missed in self.missed:
            print(f"- {missed}")


def number(value: float | None, spec: str) -> str:
    return "" if value is None else format(value, spec)
