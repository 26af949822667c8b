"""Long work of governance, a door: reads the clock and loops over the service."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from governance.services.bin import purge_drafts
from governance.services.dossier import claim_dossier, expire_dossiers, make_dossier
from governance.services.replay import Work, claim_replay

# Short, so that a worker that is asked to stop is not waited for in vain; beat asks again within seconds, and the run goes
# on where it was.
WORK_FOR = timedelta(seconds=10)


@shared_task(name="governance.replay")
def replay() -> None:
    """Work off the replays that wait, batch by batch."""
    began = timezone.now()
    while run := claim_replay(at=timezone.now()):
        work = Work(run)
        while work.batch(timezone.now()):
            if timezone.now() - began > WORK_FOR:
                work.hand_on(timezone.now())
                return


@shared_task(name="governance.purge_bin")
def purge_bin() -> None:
    """Remove drafts that have been in the recycle bin for 30 days."""
    while purge_drafts(at=timezone.now()):
        pass


@shared_task(name="governance.dossiers")
def dossiers() -> None:
    """Make the dossiers that wait, one after the other."""
    began = timezone.now()
    while dossier := claim_dossier(at=timezone.now()):
        make_dossier(dossier)
        if timezone.now() - began > WORK_FOR:
            return


@shared_task(name="governance.expire_dossiers")
def expire() -> None:
    """Remove dossiers whose week is over."""
    while expire_dossiers(at=timezone.now()):
        pass
