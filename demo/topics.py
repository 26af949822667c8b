"""议题 in the demonstration district: what waits for whom today, what stands behind coming agendas, what goes on to the Party meeting.

All of it by the services the pages use, with dice of their own, so that nothing else of the district shifts.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from accounts.models import User
from demo.days import clock, working_day
from demo.people import Cast, Holder
from demo.plan import Ending, MeetingPlan, Planner, values_of
from demo.words import Topic as TopicText
from demo.words import topics, words
from governance import services
from governance.models import AgendaItem, Matter, Meeting, Topic, TopicStatus
from governance.services import ItemInput, TopicInput
from governance.services.agenda import ASIDE
from schools.permissions import HEAD_POST, LEADERSHIP_POSTS, Body, Post

Put = Callable[[datetime, Callable[[datetime], None]], None]
COMING = (Ending.DRAFT, Ending.CONFIRMED, Ending.CALLED)
CONFIRMABLE = (TopicStatus.SCREENED, TopicStatus.POSTPONED)
HANDED_OVER_WITHIN = timedelta(days=75)
DAYS_BEFORE = 4  # working days a topic behind a coming agenda is sent in before that is drafted
SERVED = timedelta(days=60)  # what came up so recently is not put forward once more


class Topics:
    """The topics of one school. `behind` finds the topic for the title of an item to come."""

    def __init__(self, cast: Cast, put: Put, as_of: date) -> None:
        self.cast, self.put, self.as_of = cast, put, as_of
        self.rng = Random(f"{cast.row.code} {as_of} topics")  # noqa: S311  reproducible on purpose
        self.behind: dict[str, UUID] = {}
        self.proposed: dict[str, UUID] = {}
        self.tabled: set[str] = set()

    # --- onto agendas --------------------------------------------------------------------------------------------

    def expect_items(self, plan: MeetingPlan, drafted: date) -> None:
        """Before a coming agenda is drafted its topics are sent in, screened and confirmed. What is studied first comes from none,
        and what the principal's meeting worked out is handed over.
        """
        if plan.ending not in COMING:
            return
        for item in plan.items:
            if item.matter == "P01" or (plan.body == Body.PARTY and item.topic.origin):
                continue
            text = _Text(item.title, item.matter, item.topic.summary, item.topic.decision, item.topic.amount)
            sent = working_day(drafted, -DAYS_BEFORE)
            way = _Way(self, plan.body, text, sent, item.title)
            way.expect("screen", "confirm")

    def waiting_for(self, plan: MeetingPlan, at: datetime) -> dict[int, Topic]:
        """By place, the topics that wait for this agenda; one the last meeting deferred is confirmed anew."""
        ready = {}
        for place, item in enumerate(plan.items):
            key = item.topic.title if plan.body == Body.PARTY and item.topic.origin else item.title
            self._hand_over(key, at)
            topic = Topic.objects.get(pk=self.behind[key]) if key in self.behind else None
            if topic is not None and topic.body == plan.body and topic.status in CONFIRMABLE:
                topic = services.confirm_topic(topic=topic, by=self._head(plan.body, at), at=at)
            if topic is not None and topic.status == TopicStatus.CONFIRMED:
                ready[place] = topic
            else:
                self.tabled.add(key)
        return ready

    def schedule(
        self, meeting: Meeting, lines: Sequence[ItemInput], waiting: dict[int, Topic], at: datetime
    ) -> Meeting:
        """Put the waiting topics on the agenda, each at its place and under the title the agenda gives it."""
        clerk = self.cast.head(Post.CLERK, at.date()).user
        made = [
            (place, services.schedule_topic(topic=topic, meeting=meeting, by=clerk, at=at))
            for place, topic in sorted(waiting.items())
        ]
        places = iter(n for n in range(len(lines)) if n not in waiting)
        others = AgendaItem.objects.filter(meeting=meeting).exclude(pk__in=[item.pk for _, item in made])
        order = {pk: next(places) for pk in others.order_by("order").values_list("pk", flat=True)}
        order |= {item.pk: place for place, item in made}
        rows = AgendaItem.objects.filter(meeting=meeting)
        if list(order.values()) != sorted(order.values()):
            rows.update(order=F("order") + ASIDE)
            for pk, place in order.items():
                rows.filter(pk=pk).update(order=place + 1)
        for place, item in made:
            line = lines[place]
            handed_over = waiting[place].handed_over_from_id is not None
            proposed_on = line.proposed_on if handed_over else item.proposed_on
            # A06 leads to P19 and to P20: the secretary has the one chosen that fits.
            matter = Matter.objects.get(catalogue=meeting.catalogue_id, code=line.matter)
            rows.filter(pk=item.pk).update(title=line.title, proposed_on=proposed_on, matter=matter)
        return Meeting.objects.select_related("school").get(pk=meeting.pk)

    # --- to the Party meeting ------------------------------------------------------------------------------------

    def expect_hand_over(self, title: str, item: UUID, signed: datetime) -> None:
        """What the principal's meeting proposed of late is handed over, and confirmed by the secretary."""
        if signed.date() < self.as_of - HANDED_OVER_WITHIN:
            return

        def confirm(at: datetime) -> None:
            waiting = Topic.objects.filter(status=TopicStatus.SCREENED)
            topic = waiting.filter(pk=self.behind[title]).first() if title in self.behind else None
            if topic is not None:
                services.confirm_topic(topic=topic, by=self._head(Body.PARTY, at), at=at)

        self.proposed[title] = item
        self.put(signed + timedelta(minutes=self.rng.randint(20, 70)), partial(self._hand_over, title))
        self.put(clock(working_day(signed.date(), 1), 9, self.rng.randint(5, 50)), confirm)

    def _hand_over(self, title: str, at: datetime) -> None:
        """Once, and not when the Party meeting's agenda has been drafted without waiting for it."""
        if title in self.tabled or title not in self.proposed:
            return
        item = AgendaItem.objects.select_related("meeting").get(pk=self.proposed.pop(title))
        clerk = self.cast.head(Post.CLERK, at.date()).user
        self.behind[title] = services.hand_over(item=item, by=clerk, at=at).pk

    # --- what waits today ----------------------------------------------------------------------------------------

    def expect_backlog(self, planner: Planner) -> None:
        """One topic of each kind that somebody has to act upon, two recurring ones, and a few that go on waiting."""
        recent = {title for title, day in planner.used.items() if day > self.as_of - SERVED}
        self._recurring()
        for body, days, steps in (
            (Body.PARTY, (1, 4), ()),
            (Body.PRINCIPAL, (2, 5), ("screen",)),
            (Body.PRINCIPAL, (9, 14), ("return",)),
            (Body.PARTY, (10, 16), ("screen", "postpone")),
            (Body.PARTY, (10, 16), ("screen", "confirm")),
        ):
            text = self._text(planner, body, recent)
            if text is not None:
                _Way(self, body, text, working_day(self.as_of, -self.rng.randint(*days))).expect(*steps)

    def _recurring(self) -> None:
        """Two topics kept as templates: one drafted anew and given to a colleague, one waiting in the backlog with its paper."""
        for number, (repeats, matter, title, background, proposal) in enumerate(words()["topic_recurring"]):
            text = _Text(title, matter, background, proposal)
            sent = working_day(self.as_of, -self.rng.randint(9, 14))
            way = _Way(self, Body.PRINCIPAL, text, sent, keeps=repeats)
            if number:
                way.expect("screen", "confirm", paper=True)
            else:
                way.draft()

    def _text(self, planner: Planner, body: Body, recent: set[str]) -> "_Text | None":
        fitting = [t for t in topics() if self._fits(t, planner, body, recent)]
        if not fitting:
            return None
        chosen = self.rng.choice(fitting)
        recent.add(chosen.title)
        topic = chosen.filled(values_of(planner.row, self.as_of, self.rng))
        return _Text(topic.title, topic.matter, topic.summary, topic.decision, topic.amount)

    def _fits(self, topic: TopicText, planner: Planner, body: Body, recent: set[str]) -> bool:
        ours = topic.matter[0] == ("P" if body == Body.PARTY else "A")
        return (
            ours and topic.title not in recent and not topic.origin and topic.fits(planner.row.stage, self.as_of.month)
        )

    # --- who -----------------------------------------------------------------------------------------------------

    def proposer(self, body: Body, day: date) -> Holder:
        """A member of the leadership team; now and then the head himself."""
        team = [holder for holder in self.cast.serving(day) if holder.holds(*LEADERSHIP_POSTS)]
        others = [holder for holder in team if not holder.holds(HEAD_POST[body])]
        return self.rng.choice(others or team)

    def _head(self, body: str, at: datetime) -> User:
        return self.cast.head(HEAD_POST[body], at.date()).user


class _Text:
    """What a topic says."""

    def __init__(self, title: str, matter: str, background: str, proposal: str, amount: int = 0) -> None:
        self.title, self.matter, self.background, self.proposal, self.amount = (
            title,
            matter,
            background,
            proposal,
            amount,
        )


class _Way:
    """One topic from its draft on: sent in one day, each further step on a working day after."""

    def __init__(self, school: Topics, body: Body, text: _Text, sent: date, key: str = "", keeps: str = "") -> None:
        self.school, self.body, self.text, self.sent, self.key, self.keeps = school, body, text, sent, key, keeps
        self.rng = school.rng
        self.topic: Topic | None = None
        self.paper = False

    def draft(self) -> None:
        """A draft that a colleague was asked to write on."""
        self._on(self.sent, self._draft_and_ask)

    def expect(self, *steps: str, paper: bool = False) -> None:
        """Sent in, and the steps that follow."""
        self.paper = paper
        self._on(self.sent, self._send)
        for number, name in enumerate(steps, start=1):
            self._on(working_day(self.sent, number), partial(self._step, name))

    def _on(self, day: date, act: Callable[[datetime], None]) -> None:
        self.school.put(clock(day, self.rng.randint(9, 16), self.rng.randrange(60)), act)

    @property
    def _now(self) -> Topic:
        assert self.topic is not None  # noqa: S101  the draft comes first
        return self.topic

    def _made(self, at: datetime) -> Holder:
        """The draft, typed by who proposes it or by the office for him."""
        proposer = self.school.proposer(self.body, at.date())
        typist = self.school.cast.head(Post.CLERK, at.date()) if self.rng.random() < 0.3 else proposer
        text = self.text
        new = TopicInput(
            title=text.title,
            matter=text.matter,
            proposer=proposer.person.pk,
            lead_unit=self.rng.choice(words()["topic_units"]),
            minutes_needed=self.rng.choice((10, 15, 20)),
            background=text.background,
            basis=self.rng.choice(words()["topic_basis"]),
            proposal=text.proposal,
            amount=Decimal(text.amount) if text.amount else None,
        )
        cast = self.school.cast
        self.topic = services.create_topic(school=cast.school, body=self.body, new=new, by=typist.user, at=at)
        if self.keeps:
            services.save_template(topic=self.topic, repeats=self.keeps, by=typist.user, at=at)
        return proposer

    def _draft_and_ask(self, at: datetime) -> None:
        proposer = self._made(at)
        others = [h for h in self.school.cast.serving(at.date()) if h is not proposer]
        colleague = self.rng.choice(others)
        services.assign_topic(topic=self._now, person=colleague.person.pk, by=proposer.user, at=at)

    def _send(self, at: datetime) -> None:
        """The proposer sends it in himself, so that the office may screen it."""
        proposer = self._made(at)
        if self.paper:
            words_of_it = f"{self.text.title}\n\n{self.text.background}\n\n{self.text.proposal}\n"
            file = SimpleUploadedFile(f"{self.text.title[:30]}.txt", words_of_it.encode())
            services.attach_to_topic(topic=self._now, upload=file, by=proposer.user, at=at)
        self.topic = services.submit_topic(topic=self._now, by=proposer.user, at=at)
        if self.key:
            self.school.behind[self.key] = self.topic.pk

    def _step(self, name: str, at: datetime) -> None:
        cast, topic = self.school.cast, self._now
        clerk, head = (cast.head(post, at.date()).user for post in (Post.CLERK, HEAD_POST[self.body]))
        if name == "screen":
            self.topic = services.screen_topic(topic=topic, by=clerk, at=at)
        elif name == "confirm":
            opinion = self.rng.choice(words()["topic_opinions"])
            self.topic = services.confirm_topic(topic=topic, opinion=opinion, by=head, at=at)
        elif name == "return":
            reason = self.rng.choice(words()["topic_returned"])
            self.topic = services.return_topic(topic=topic, reason=reason, by=clerk, at=at)
        else:
            reason = self.rng.choice(words()["topic_postponed"])
            self.topic = services.postpone_topic(topic=topic, reason=reason, by=head, at=at)
