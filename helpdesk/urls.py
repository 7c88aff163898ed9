"""Every address of the site. Who may use each is in helpdesk.access."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path
from django.views.i18n import set_language

from desk.views import company_sign_in, joining, security
from helpdesk import demo_end, dev_mail, health, webhooks

handler400 = "helpdesk.errors.bad_request"
handler403 = "helpdesk.errors.forbidden"
handler404 = "helpdesk.errors.not_found"
handler500 = "helpdesk.errors.server_error"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("language/", set_language, name="set_language"),
    path("accounts/invitation/<str:token>/", joining.join, name="account_invitation"),
    path("accounts/company/", company_sign_in.begin, name="account_company"),
    path("accounts/company/back/", company_sign_in.finish, name="account_company_back"),
    # These stand before the library's own pages at the same addresses.
    path("accounts/2fa/", security.show, name="account_security"),
    path("accounts/2fa/webauthn/", security.passkeys, name="account_passkeys"),
    path(
        "accounts/password/reset/",
        security.ForgottenPasswordView.as_view(),
        name="account_forgotten_password",
    ),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("anymail/<path:hook>", webhooks.receive, name="webhook"),
    path("api/v1/", include("api.urls")),
    path("desk/", include("desk.urls")),
    path("reports/", include("reports.urls")),
    path("", include("portal.urls")),
]

if settings.DEMO:
    urlpatterns += [
        path("dev/mail/", dev_mail.letters, name="dev_mail"),
        path("dev/mail/<int:pk>/", dev_mail.letter, name="dev_mail_letter"),
        path("dev/demo/", demo_end.end, name="dev_demo"),
    ]
