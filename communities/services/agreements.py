"""The framework agreement: founding, terms, text, consents, signing, renewal, end."""

from datetime import date, datetime, timedelta

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach, check_upload
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, WrongState, one_fault, require_reason
from communities.guards import (
    agreement_of,
    has_text,
    is_member,
    latest_signed,
    may_found,
    may_prepare,
    missing_consents,
    signs_for,
)
from communities.models import Agreement, Community, CommunityStatus, Consent, Membership, Purpose
from communities.models.community import RENEW_WITHIN
from communities.services.base import (
    EARLIEST,
    LATEST,
    STALE,
    begin,
    finish,
    locked_community,
    refuse_ended,
    tell,
    text_fault,
)
from deadlines.services import end_deadline, move_deadline, open_deadline
from schools.models import Person, School

SHORTEST, LONGEST, LONGEST_AIM, MOST_TEXTS = 2, 40, 300, 9
START_WITHIN = 7  # days in which a renewal is to be proposed once it is due
TERMS_ARE_SIGNED = "协议已经签约，条款不能再改；要改期限请续签。"


@transaction.atomic
def found_community(
    *, name: str, lead_school: School, starts_on: date, until: date, aim: str = "", by: User, at: datetime
) -> Community:
    """发起: by 组织科, or by 书记、校长、党政办 of the school that will lead. A draft with its lead school as first member."""
    if not may_found(by, lead_school.pk):
        raise NotAllowed("共同体由组织科发起，或由牵头校的书记、校长、党政办发起。")
    faults = [
        *text_fault("name", name, "写共同体名称", LONGEST, SHORTEST),
        *text_fault("aim", aim, "目标", LONGEST_AIM),
    ]
    faults += _term_faults(starts_on, until)
    if Community.objects.filter(name=name.strip()).exists():
        faults.append(Fault("name", "已经有叫这个名称的共同体，换一个名称"))
    if faults:
        raise InvalidInput(faults)
    community = Community(name=name.strip(), lead_school=lead_school, aim=aim.strip(), founder=by)
    community.commit(at)
    Membership.objects.create(community=community, school=lead_school, joined_on=starts_on)
    Agreement(community=community, number=1, starts_on=starts_on, until=until).commit(at)
    tell("communities.agreement.founded", community, by, at, said="发起共同体")
    return community


@transaction.atomic
def propose_terms(
    *,
    community: Community,
    until: date,
    starts_on: date | None = None,
    version: int | None = None,
    by: User,
    at: datetime,
) -> Agreement:
    """拟定协议 before the signing, or 拟定续签 of an active one, which begins the day after the last version ends.

    Other terms ask for new consents.
    """
    community = locked_community(community, version)
    refuse_ended(community)
    if not may_prepare(by, community):
        raise NotAllowed("协议由组织科，或由牵头校的书记、校长、党政办拟定。")
    agreement, last = agreement_of(community), latest_signed(community)
    if last is not None:
        starts_on = last.until + timedelta(days=1)
    if agreement is None or agreement.signed_at is not None:
        agreement = Agreement(community=community, number=_next_number(community), starts_on=starts_on or until)
    agreement.starts_on, agreement.until = starts_on or agreement.starts_on, until
    if faults := _term_faults(agreement.starts_on, until):
        raise InvalidInput(faults)
    agreement.commit(at)
    void_consents(agreement)
    if last is None:
        community.memberships.update(joined_on=agreement.starts_on)
    else:
        end_deadline(on=community, at=at)
    community.commit(at)
    tell(
        "communities.agreement.proposed", community, by, at, said="拟定续签" if last else "拟定协议",
        starts_on=str(agreement.starts_on), until=str(until), number=agreement.number,
    )  # fmt: skip
    return agreement


@transaction.atomic
def add_agreement_text(*, community: Community, upload: UploadedFile, by: User, at: datetime) -> Attachment:
    """上传协议书 to the proposed version, which members then consent to anew."""
    check_upload(upload)
    community = locked_community(community)
    refuse_ended(community)
    if not may_prepare(by, community):
        raise NotAllowed("协议书由组织科，或由牵头校的书记、校长、党政办上传。")
    agreement = _proposed(community)
    if Attachment.objects.filter(subject=f"{Agreement._meta.label_lower}:{agreement.pk}").count() >= MOST_TEXTS:
        raise one_fault("file", f"一版协议最多 {MOST_TEXTS} 份文件")
    file = attach(upload=upload, on=agreement, school=community.lead_school, by=by, at=at)
    void_consents(agreement)
    community.commit(at)
    tell(
        "communities.agreement.text_added",
        community,
        by,
        at,
        said="上传协议书，请书记表示同意",
        number=agreement.number,
    )
    return file


def void_consents(agreement: Agreement) -> None:
    """What was consented to has changed."""
    agreement.consents.filter(purpose=Purpose.SIGN).delete()


@transaction.atomic
def give_consent(
    *,
    community: Community,
    school: School,
    purpose: str = Purpose.SIGN,
    version: int | None = None,
    by: User,
    at: datetime,
) -> Consent:
    """同意协议 (the proposed version; for who joined later, the one in force) or 同意终止, by the member's own 书记."""
    community = locked_community(community, version)
    refuse_ended(community)
    if not is_member(community, school.pk):
        raise WrongState(f"{school.short_name}不是这个共同体现在的成员校。")
    if not signs_for(by, school.pk):
        raise NotAllowed("由成员校的书记本人表示同意。")
    agreement = agreement_of(community) if purpose == Purpose.SIGN else latest_signed(community)
    if agreement is None:
        raise WrongState("还没有签约的协议，不用表示同意终止。")
    if purpose == Purpose.SIGN and not has_text(agreement):
        raise WrongState("牵头校还没有上传协议书。上传后再表示同意。")
    consent, made = Consent.objects.get_or_create(
        agreement=agreement, purpose=purpose, school=school, defaults={"given_by": by, "given_at": at}
    )
    if not made:
        raise WrongState(f"{school.short_name}已经表示过{Purpose(purpose).label}。")
    community.commit(at)
    tell(
        "communities.agreement.consented", community, by, at, said=f"{school.short_name}{Purpose(purpose).label}",
        school=school.code, purpose=purpose, number=agreement.number, schools=[str(community.lead_school_id)],
    )  # fmt: skip
    return consent


@transaction.atomic
def sign_agreement(
    *, community: Community, signed_on: date, version: int | None = None, by: User, at: datetime
) -> Community:
    """登记签约: by 书记 of the lead school, with the consent of all members, dates and the text."""
    community, step = begin(community, "sign", by, version)
    agreement = _sign(community, signed_on, by, at)
    person = _person(by)
    open_deadline(
        on=community, school=community.lead_school, title=f"启动续签：{community}", url=community.get_absolute_url(),
        responsible=person, due_on=_start_renewal(agreement, at), at=at,
    )  # fmt: skip
    _expect_renewal(community, agreement, person, at)
    return finish(community, step, by, at, said="已签约", **_terms(agreement))


@transaction.atomic
def renew_agreement(
    *, community: Community, signed_on: date, version: int | None = None, by: User, at: datetime
) -> Community:
    """续签: the proposed version follows the last one without a gap; consents, dates and text as for the first."""
    community, step = begin(community, "renew", by, version)
    last = latest_signed(community)
    agreement = _sign(community, signed_on, by, at)
    person = _person(by)
    if last is not None:
        end_deadline(on=last, at=at)
    move_deadline(on=community, due_on=_start_renewal(agreement, at), responsible=person, at=at)
    _expect_renewal(community, agreement, person, at)
    return finish(community, step, by, at, said="已续签", **_terms(agreement))


@transaction.atomic
def end_agreement(
    *, community: Community, reason: str, version: int | None = None, by: User, at: datetime
) -> Community:
    """终止协议: by 组织科, or by 书记 of the lead school when all members consent to the end; with a reason."""
    community, step = begin(community, "end", by, version)
    community.end_reason = require_reason(reason)
    community.ended_on, community.ended_at, community.ended_by = local_day(at), at, by
    last = latest_signed(community)
    if last is not None:
        end_deadline(on=last, at=at)
    end_deadline(on=community, at=at)
    Agreement.objects.filter(community=community, signed_at__isnull=True).delete()
    return finish(community, step, by, at, said="协议已终止", reason=community.end_reason)


def _term_faults(starts_on: date, until: date) -> list[Fault]:
    if not EARLIEST <= starts_on <= LATEST:
        return [Fault("starts_on", "协议起写成 2026-09-01 这样，年份在 2000 至 2099 之间")]
    return [] if starts_on < until <= LATEST else [Fault("until", f"协议止要在 {starts_on} 之后")]


def _next_number(community: Community) -> int:
    last = Agreement.objects.filter(community=community).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _proposed(community: Community) -> Agreement:
    agreement = agreement_of(community)
    if agreement is None or agreement.signed_at is not None:
        raise WrongState(TERMS_ARE_SIGNED if community.status == CommunityStatus.ACTIVE else STALE)
    return agreement


def _sign(community: Community, signed_on: date, by: User, at: datetime) -> Agreement:
    """The proposed version becomes the signed one; the lead school's consent is the signature itself."""
    agreement = agreement_of(community)
    if agreement is None or agreement.signed_at is not None:
        raise WrongState("先拟定续签的期限、上传协议书、请成员校书记表示同意，再登记续签。")
    today = local_day(at)
    if not EARLIEST <= signed_on <= today:
        raise one_fault("signed_on", f"签约日期写今天（{today}）或之前的日子")
    if not has_text(agreement):
        raise WrongState("还没有上传协议书。先上传，请成员校书记看过表示同意，再登记签约。")
    if Membership.objects.filter(community=community).staying(today).count() < 2:
        raise WrongState("共同体还只有牵头校。至少再加入一所学校，再登记签约。")
    if missing := missing_consents(community, Purpose.SIGN):
        names = School.objects.filter(pk__in=missing).order_by("code").values_list("short_name", flat=True)
        raise WrongState(f"{'、'.join(names)}的书记还没有表示同意。请他们在共同体页面表示同意后再登记。")
    Consent.objects.get_or_create(
        agreement=agreement, purpose=Purpose.SIGN, school=community.lead_school,
        defaults={"given_by": by, "given_at": at},
    )  # fmt: skip
    agreement.signed_on, agreement.signed_at, agreement.signed_by = signed_on, at, by
    agreement.commit(at)
    community.signed_on, community.until = signed_on, agreement.until
    return agreement


def _person(by: User) -> Person:
    return Person.objects.get(account=by)


def _start_renewal(agreement: Agreement, at: datetime) -> date:
    """The day by which the renewal is to be proposed; the first reminder comes 60 days before the end."""
    return max(agreement.until - timedelta(days=RENEW_WITHIN - START_WITHIN), local_day(at))


def _expect_renewal(community: Community, agreement: Agreement, person: Person, at: datetime) -> None:
    open_deadline(
        on=agreement, school=community.lead_school, title=f"续签到期的框架协议：{community}",
        url=community.get_absolute_url(), responsible=person, due_on=agreement.until, at=at,
    )  # fmt: skip


def _terms(agreement: Agreement) -> dict[str, object]:
    return {
        "number": agreement.number,
        "signed_on": str(agreement.signed_on),
        "starts_on": str(agreement.starts_on),
        "until": str(agreement.until),
    }
