"""Facts about accounts."""

from audit.registry import EventKind, register


def register_kinds() -> None:
    """Sign-in and password facts; nobody is notified of them."""
    register(
        EventKind("accounts.user.signed_in", "登录"),
        EventKind("accounts.user.sign_in_refused", "登录未通过"),
        EventKind("accounts.user.locked_out", "连续登录未通过，暂时锁定"),
        EventKind("accounts.user.unlocked", "解除锁定"),
        EventKind("accounts.user.signed_out", "退出"),
        EventKind("accounts.user.password_changed", "修改密码"),
        EventKind("accounts.user.password_reset", "重置密码"),
        EventKind("accounts.calendar.issued", "生成日历订阅地址"),
        EventKind("accounts.calendar.revoked", "停用日历订阅地址"),
        EventKind("accounts.user.created", "建立账号"),
        EventKind("accounts.user.disabled", "停用账号"),
        EventKind("accounts.user.enabled", "启用账号"),
        EventKind("audit.refusal", "拒绝办理"),
    )
