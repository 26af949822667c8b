"""Turn a bound form field into what `_components/field.html` prints: native pickers, classes, aria attributes."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.formsets import BaseFormSet
from django.utils.safestring import SafeString

NATIVE = (
    (forms.DateTimeInput, "datetime-local", "%Y-%m-%dT%H:%M"),
    (forms.DateInput, "date", "%Y-%m-%d"),
    (forms.TimeInput, "time", "%H:%M"),
)
CHOICES_IN_A_ROW = 5
LETTERS_IN_A_ROW = 24


def described(field: BoundField, kind: str, label: str, hint: str, wide: bool) -> dict[str, Any]:
    """What the field template needs. `kind` may be "", segmented, cards or search (design language §5)."""
    use_native_picker(field)
    shape = shape_of(field, kind)
    ids = [f"{field.auto_id}_helptext"] if hint or field.help_text else []
    ids += [f"{field.auto_id}_error"] if field.errors else []
    grouped = shape in {"segmented", "cards", "checks"}
    return {
        "field": field,
        "shape": shape,
        "label": label or field.label,
        "hint": hint or field.help_text,
        "wide": wide,
        "describedby": " ".join(ids),
        "target": target_of(field),
        "optional": not field.field.required and shape != "checkbox",
        "options": options_of(field) if grouped else [],
        "control": "" if grouped else control_of(field, shape, str(label or field.label), " ".join(ids)),
    }


def use_native_picker(field: BoundField) -> None:
    """Date and time fields become native pickers, which want ISO values; the widget belongs to this form alone."""
    widget = field.field.widget
    for kind, input_type, layout in NATIVE:
        if isinstance(widget, kind):
            widget.input_type, widget.format = input_type, layout
            return


def shape_of(field: BoundField, kind: str) -> str:
    """segmented, cards, checks, checkbox, password, search, or plain."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return "checks"
    if isinstance(widget, forms.RadioSelect) or kind in {"segmented", "cards"}:
        return kind or ("segmented" if fits_in_a_row(field) else "cards")
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    if isinstance(widget, forms.PasswordInput):
        return "password"
    return kind or "plain"


def fits_in_a_row(field: BoundField) -> bool:
    """Two to five short choices can be seen at once; more or longer ones become cards."""
    words = [option["label"] for option in options_of(field)]
    return len(words) <= CHOICES_IN_A_ROW and sum(len(word) for word in words) <= LETTERS_IN_A_ROW


def options_of(field: BoundField) -> list[dict[str, Any]]:
    """The choices as rows of name, value, id, label and whether chosen; an empty choice of a list is left out."""
    widget = field.field.widget
    if not isinstance(widget, forms.CheckboxSelectMultiple):
        widget = forms.RadioSelect(choices=widget.choices)
    rows = widget.subwidgets(field.html_name, field.value(), attrs={"id": field.auto_id})
    return [
        {
            "name": row["name"],
            "value": str(row["value"]),
            "id": row["attrs"].get("id", ""),
            "label": str(row["label"]),
            "chosen": row["selected"],
            "disabled": field.field.disabled or row["attrs"].get("disabled", False),
        }
        for row in rows
        if row["value"] != ""
    ]


def control_of(field: BoundField, shape: str, label: str, describedby: str) -> SafeString:
    """The widget itself with the portal's class and aria attributes; classes of the form's author are kept."""
    widget = field.field.widget
    attrs: dict[str, Any] = {"class": f"{css_class(widget)} {widget.attrs.get('class', '')}".strip()}
    if field.errors:
        attrs["class"] += " bad"
        attrs["aria-invalid"] = "true"
    if describedby:
        attrs["aria-describedby"] = describedby
    if isinstance(widget, forms.Textarea):
        attrs["rows"] = widget.attrs.get("rows") if widget.attrs.get("rows") not in (None, "10") else "3"
        attrs["data-fit"] = True
    if shape == "search":
        attrs |= {"data-search": True, "aria-label": label}
    return field.as_widget(attrs=attrs)


def css_class(widget: forms.Widget) -> str:
    """The class of the control for this kind of widget."""
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    numeric = isinstance(widget, (forms.NumberInput, forms.DateInput, forms.DateTimeInput, forms.TimeInput))
    return "form-control num" if numeric else "form-control"


def target_of(field: BoundField) -> str:
    """The id that a link to this field points to: its control, or the first choice of a group."""
    if isinstance(field.field.widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return f"{field.auto_id}_0"
    return field.id_for_label or str(field.auto_id)


def problems_of(subjects: Iterable[forms.BaseForm | BaseFormSet]) -> list[dict[str, str]]:
    """Every error of the forms and form sets, in reading order: text, and the id it belongs to ("" for a whole form)."""
    found: list[dict[str, str]] = []
    for subject in subjects:
        if isinstance(subject, BaseFormSet):
            found += [{"text": str(text), "target": ""} for text in subject.non_form_errors()]
            found += problems_of(subject.forms)
        else:
            found += form_problems(subject)
    return found


def form_problems(form: forms.BaseForm) -> list[dict[str, str]]:
    """The errors of one form; those of hidden fields have no place to link to."""
    found = [{"text": str(text), "target": ""} for text in form.non_field_errors()]
    for field in form:
        target = "" if field.is_hidden else target_of(field)
        found += [{"text": str(text), "target": target} for text in field.errors]
    return found
