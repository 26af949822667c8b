"""States as tables: one row says action, words on the button, from, to, permission and fact."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from common.errors import WrongState


@dataclass(frozen=True)
class Transition:
    """One row of `roles_and_states.md` §2. `target` None keeps the state; `needs_reason` asks for 4–500 characters."""

    name: str
    label: str
    sources: frozenset[str]
    target: str | None
    permission: str
    event: str
    needs_reason: bool = False
    irreversible: bool = False


class Machine:
    """The transitions of one kind of object."""

    def __init__(self, labels: dict[str, str], transitions: Sequence[Transition]) -> None:
        self.labels = labels
        self._by_name = {step.name: step for step in transitions}
        if len(self._by_name) != len(transitions):
            raise ValueError("two transitions share one name")

    def __iter__(self) -> Iterator[Transition]:
        return iter(self._by_name.values())

    def get(self, name: str) -> Transition | None:
        """The row of that name, if there is one."""
        return self._by_name.get(name)

    def open_from(self, state: str) -> list[Transition]:
        """The rows that leave `state`, in table order."""
        return [step for step in self if state in step.sources]

    def require(self, name: str, state: str) -> Transition:
        """The row, or a refusal that names the present state."""
        step = self._by_name[name]
        if state not in step.sources:
            raise WrongState(f"现在是“{self.labels[state]}”，不能{step.label}。刷新页面看最新状态。")
        return step
