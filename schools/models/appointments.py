"""Appointments (任职): who holds which post where, from when to when. All access follows from them."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q

from common.models import Tracked
from schools.models.offices import Office
from schools.models.people import Person
from schools.models.schools import School
from schools.permissions import GRANTED_POSTS, OFFICE_POSTS, SCHOOL_POSTS, Post


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Finding appointments by day and place."""

    def on(self, day: date) -> Self:
        """In force on that day: rights begin on `starts_on` 00:00 and end after `ends_on` (Asia/Shanghai)."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)

    def holding(self, *posts: str) -> Self:
        """Of one of those posts."""
        return self.filter(post__in=posts)


class Appointment(Tracked):
    """A person's post at a school, an office, the bureau or the system, with dates."""

    person = models.ForeignKey(Person, verbose_name="人员", on_delete=models.PROTECT, related_name="appointments")
    post = models.CharField("职务", max_length=20, choices=Post)
    school = models.ForeignKey(
        School, verbose_name="学校", null=True, blank=True, on_delete=models.PROTECT, related_name="appointments"
    )
    office = models.ForeignKey(
        Office, verbose_name="教办", null=True, blank=True, on_delete=models.PROTECT, related_name="appointments"
    )
    duty = models.CharField("分工", max_length=60, blank=True)
    rank = models.PositiveSmallIntegerField("排名", default=50)
    starts_on = models.DateField("任职起")
    ends_on = models.DateField("任职止", null=True, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        default_permissions = ()
        indexes = (
            models.Index(fields=["person", "starts_on"], name="appointment_person"),
            models.Index(fields=["school", "post", "starts_on"], name="appointment_school"),
        )
        constraints = (
            models.CheckConstraint(
                name="appointments_end_after_they_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
            models.CheckConstraint(
                name="posts_stand_where_they_belong",
                condition=Q(post__in=sorted(SCHOOL_POSTS), school__isnull=False, office__isnull=True)
                | Q(post__in=sorted(OFFICE_POSTS), school__isnull=True, office__isnull=False)
                | Q(post__in=sorted(GRANTED_POSTS - OFFICE_POSTS), school__isnull=True, office__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["person", "post", "school", "starts_on"],
                name="same_school_appointment_once",
                condition=Q(school__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["person", "post", "office", "starts_on"],
                name="same_office_appointment_once",
                condition=Q(office__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["person", "post", "starts_on"],
                name="same_bureau_appointment_once",
                condition=Q(school__isnull=True, office__isnull=True),
            ),
        )

    def __str__(self) -> str:
        place = self.school or self.office
        return f"{self.person} {place.name if place else ''}{self.get_post_display()}"
