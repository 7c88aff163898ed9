from __future__ import annotations

from django.urls import path

from portal.views import (
    articles,
    attachments,
    branding,
    calendars,
    embedding,
    home,
    inquiries,
    people,
    ratings,
    requests,
    signing_in,
)

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("brand.css", branding.stylesheet, name="brand_css"),
    path("brand/logo", branding.logo, name="brand_logo"),
    path("contact/", inquiries.new_inquiry, name="inquiry_new"),
    path("contact/questions/", inquiries.questions, name="questions"),
    path("contact/embed.js", embedding.script, name="embed_script"),
    path("contact/embed/", embedding.framed_form, name="framed_form"),
    path("contact/embed/received/<str:token>/", embedding.framed_received, name="framed_received"),
    path("contact/received/<str:token>/", inquiries.received, name="inquiry_received"),
    path("help/", articles.search, name="help"),
    path("help/suggestions/", articles.suggest, name="suggestions"),
    path("help/articles/<slug:slug>/", articles.article, name="article"),
    path("help/articles/<slug:slug>/feedback/", articles.create_feedback, name="article_feedback"),
    path("help/<slug:slug>/", articles.collection, name="collection"),
    path("r/<str:token>/", requests.request_page, name="request"),
    path("r/<str:token>/replies/", requests.create_reply, name="request_reply"),
    path("r/<str:token>/solution/", requests.create_solution, name="request_solution"),
    path("r/<str:token>/reopening/", requests.create_reopening, name="request_reopening"),
    path("r/<str:token>/done/", requests.create_done, name="request_done"),
    path("r/<str:token>/language/", requests.update_language, name="request_language"),
    path("r/<str:token>/promise.ics", calendars.promise, name="request_calendar"),
    path("r/<str:token>/people/", people.create, name="request_person"),
    path("r/<str:token>/people/removal/", people.delete, name="request_person_removal"),
    path("join/<str:token>/", people.join, name="join"),
    path("rating/<str:token>/", ratings.show, name="rating"),
    path("inquiries/", signing_in.index, name="inquiry_list"),
    path("inquiries/sent/", signing_in.sent, name="sign_in_sent"),
    path("inquiries/enter/<str:token>/", signing_in.enter, name="sign_in"),
    path("inquiries/leave/", signing_in.leave, name="sign_out"),
    path("inquiries/<str:number>/", signing_in.show, name="inquiry"),
    path(
        "inquiries/<str:number>/files/<uuid:public_id>/",
        attachments.download_of_inquiry,
        name="inquiry_attachment",
    ),
    path("r/<str:token>/files/<uuid:public_id>/", attachments.download, name="attachment"),
]
