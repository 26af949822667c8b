"""The steps of an agreement: GET asks, POST does. Terms, text and consents before them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from common.dates import local_day
from common.templatetags.bound_fields import problems_of
from common.transitions import Transition
from communities import services
from communities.forms.steps import StepForm, TermsForm
from communities.guards import agreement_of, latest_signed, may_dismiss, may_prepare, refusal
from communities.models import Community, CommunityStatus, Purpose
from communities.states import COMMUNITY
from communities.views.common import attempt, find_community, members_of, seen, show_tab
from communities.views.tabs import show_agreement
from schools.models import School

SERVICES: dict[str, Callable[..., Community]] = {
    "sign": services.sign_agreement,
    "renew": services.renew_agreement,
    "join": services.join,
    "leave": services.leave,
    "end": services.end_agreement,
}
WORDS = {
    "sign": (
        "登记签约？",
        "成员校书记都表示同意、协议书已上传，就可以登记。登记后协议有效，条款不能再改。",
        "已登记签约",
    ),
    "renew": ("登记续签？", "新一版接着上一版的最后一天，中间没有空档；登记后不能再改。", "已登记续签"),
    "join": ("加入哪些学校？", "加入后这些学校看得到共同体的全部内容；它们的书记会被请表示同意协议。", "已加入"),
    "leave": ("哪所学校退出？", "退出后它的记录保留；最后一天以后才开始的预约一并取消。", "已登记退出"),
    "end": ("终止协议？", "终止后共同体只能查看，不能恢复；成员校都会收到通知。", "协议已终止"),
}
BACK = {"join": "communities:community-members", "leave": "communities:community-members"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def community_action(request: SignedInRequest, pk: UUID, name: str) -> HttpResponse:
    """One step of the table."""
    step = COMMUNITY.get(name)
    community = find_community(request, pk)
    if step is None:
        raise Http404
    if request.method != "POST":
        return _ask(request, community, step, _form(request, community, step))
    form = _form(request, community, step)
    if not form.is_valid():
        return _ask(request, community, step, form, 422)
    given = {key: value for key, value in form.cleaned_data.items() if key != "version"}
    if "school" in given:
        given["school"] = School.objects.get(code=given["school"])
    changed, status, _ = attempt(
        lambda: SERVICES[name](community=community, version=form.seen(), by=request.user, at=timezone.now(), **given),
        form,
    )
    if changed is None:
        return _ask(request, find_community(request, pk), step, form, status)
    messages.success(request, WORDS[name][2])
    return redirect(BACK.get(name, "communities:community"), pk=pk)


def _form(request: SignedInRequest, community: Community, step: Transition) -> StepForm:
    lead = community.lead_school_id
    leaving = [one for one in members_of(community) if one.pk != lead and may_dismiss(community, request.user, one.pk)]
    data = request.POST if request.method == "POST" else None
    draft = community.status == CommunityStatus.DRAFT and step.name == "join"
    form = StepForm(step, data, leaving=leaving, draft=draft, today=local_day(timezone.now()))
    form.initial["version"] = community.version
    return form


def _ask(
    request: SignedInRequest, community: Community, step: Transition, form: StepForm, status: int = 200
) -> HttpResponse:
    out_of_turn = community.status not in step.sources
    why = f"现在是“{community.get_status_display()}”，不能{step.label}。" if out_of_turn else ""
    context: dict[str, Any] = {
        "step": step,
        "why": why or refusal(community, step, request.user) or "",
        "question": WORDS[step.name][0],
        "consequence": WORDS[step.name][1],
        "form": form,
        "problems": problems_of([form]) if form.is_bound else [],
    }
    return show_tab(request, community, BACK.get(step.name, ":community")[12:], "step", status, **context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """拟定协议, 拟定续签: the dates that members consent to."""
    community = find_community(request, pk)
    if not may_prepare(request.user, community):
        raise Http404
    current, last = agreement_of(community), latest_signed(community)
    proposed = current if current is not None and current.signed_at is None else None
    initial = {"version": community.version}
    if proposed is not None:
        initial |= {"starts_on": proposed.starts_on, "until": proposed.until}  # type: ignore[dict-item]
    form = TermsForm(request.POST if request.method == "POST" else None, renewal=last is not None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = {key: form.cleaned_data[key] for key in form.fields if key != "version"}
            made, status, _ = attempt(
                lambda: services.propose_terms(
                    community=community, version=form.seen(), by=request.user, at=timezone.now(), **given
                ),
                form,
            )
            if made is not None:
                messages.success(request, "期限已拟定，等成员校书记表示同意")
                return redirect(community)
    problems = problems_of([form]) if form.is_bound else []
    return show_tab(request, community, "community", "terms", status, form=form, last=last, problems=problems)


@login_required
@require_POST
def text(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """上传协议书."""
    community, upload = find_community(request, pk), request.FILES.get("file")
    if upload is None:
        return show_agreement(request, community, [{"text": "先选要上传的协议书", "target": "id_file"}], 422)
    made, status, problems = attempt(
        lambda: services.add_agreement_text(community=community, upload=upload, by=request.user, at=timezone.now())
    )
    if made is None:
        return show_agreement(request, find_community(request, pk), problems, status)
    messages.success(request, f"已上传 {made.name}，等成员校书记表示同意")
    return redirect(community)


@login_required
@require_POST
def consent(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """同意协议, 同意终止, by 书记 of the school that is named."""
    community = find_community(request, pk)
    school = next((one for one in members_of(community) if one.code == request.POST.get("school")), None)
    purpose = Purpose.END if request.POST.get("purpose") == "end" else Purpose.SIGN
    if school is None:
        raise Http404
    made, status, problems = attempt(
        lambda: services.give_consent(
            community=community, school=school, purpose=purpose, version=seen(request), by=request.user,
            at=timezone.now(),
        )
    )  # fmt: skip
    if made is None:
        return show_agreement(request, find_community(request, pk), problems, status)
    messages.success(request, f"{school.short_name}已{purpose.label}")
    return redirect(community)
