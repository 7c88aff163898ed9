from __future__ import annotations

from django.urls import path

from portal.views import attachments, home, inquiries, requests

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("contact/", inquiries.new_inquiry, name="inquiry_new"),
    path("contact/received/<str:token>/", inquiries.received, name="inquiry_received"),
    path("r/<str:token>/", requests.request_page, name="request"),
    path("r/<str:token>/replies/", requests.create_reply, name="request_reply"),
    path("r/<str:token>/solution/", requests.create_solution, name="request_solution"),
    path("r/<str:token>/reopening/", requests.create_reopening, name="request_reopening"),
    path("r/<str:token>/files/<uuid:public_id>/", attachments.download, name="attachment"),
]
