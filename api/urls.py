"""Addresses of the API. Who may use each, and for what a token must be, is in helpdesk.access."""

from __future__ import annotations

from django.urls import path

from api.views import (
    about,
    articles,
    channels,
    customer_records,
    customers,
    files,
    kept,
    lists,
    reports,
    said,
    settings,
    tickets,
    webhooks,
)

app_name = "api"
TICKET = "tickets/<str:number>/"
CUSTOMER = "customers/<str:pk>/"

urlpatterns = [
    path("", about.Root.as_view(), name="root"),
    path("schema/", about.schema, name="schema"),
    path("docs/", about.docs, name="docs"),
    path("me/", lists.Me.as_view(), name="me"),
    path("tickets/", tickets.Tickets.as_view(), name="tickets"),
    path(TICKET, tickets.TicketDetail.as_view(), name="ticket"),
    path(f"{TICKET}messages/", said.Messages.as_view(), name="messages"),
    path(f"{TICKET}notes/", said.Notes.as_view(), name="notes"),
    path(f"{TICKET}commitments/", said.Commitments.as_view(), name="commitments"),
    path(f"{TICKET}events/", said.Events.as_view(), name="events"),
    path(f"{TICKET}merge/", said.Merges.as_view(), name="merge"),
    path(f"{TICKET}split/", said.Splits.as_view(), name="split"),
    path(f"{TICKET}macro/", lists.AppliedMacros.as_view(), name="macro"),
    path("uploads/", files.Uploads.as_view(), name="uploads"),
    path("attachments/<uuid:public_id>/", files.Attachment.as_view(), name="attachment"),
    path("customers/", customers.Customers.as_view(), name="customers"),
    path(CUSTOMER, customers.CustomerDetail.as_view(), name="customer"),
    path(f"{CUSTOMER}contact-points/", customers.ContactPoints.as_view(), name="contact_points"),
    path(
        f"{CUSTOMER}contact-points/<str:point>/",
        customers.ContactPointDetail.as_view(),
        name="contact_point",
    ),
    path(f"{CUSTOMER}tickets/", customers.CustomerTickets.as_view(), name="customer_tickets"),
    path(f"{CUSTOMER}notes/", customer_records.CustomerNotes.as_view(), name="customer_notes"),
    path(f"{CUSTOMER}merge/", customer_records.CustomerMerges.as_view(), name="customer_merge"),
    path("organizations/", lists.Organizations.as_view(), name="organizations"),
    path("organizations/<str:pk>/", lists.OrganizationDetail.as_view(), name="organization"),
    path("collections/", articles.Collections.as_view(), name="collections"),
    path("articles/", articles.Articles.as_view(), name="articles"),
    path("articles/<str:pk>/", articles.ArticleDetail.as_view(), name="article"),
    path("articles/<str:pk>/<str:language>/", articles.Drafts.as_view(), name="draft"),
    path(
        "articles/<str:pk>/<str:language>/publication/",
        articles.Publications.as_view(),
        name="publication",
    ),
    path("channels/", channels.Channels.as_view(), name="channels"),
    path(
        "channels/<str:pk>/messages/",
        channels.ChannelMessages.as_view(),
        name="channel_messages",
    ),
    path("reports/<str:page>/", reports.ReportPage.as_view(), name="report"),
    path("settings/", settings.Settings.as_view(), name="settings"),
    path("macros/", kept.Macros.as_view(), name="macros"),
    path("macros/<str:pk>/", kept.MacroDetail.as_view(), name="macro_detail"),
    path("views/", kept.Views.as_view(), name="views"),
    path("views/<str:pk>/", kept.ViewDetail.as_view(), name="view"),
    path("webhooks/", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<str:pk>/", webhooks.WebhookDetail.as_view(), name="webhook"),
    path("topics/", lists.Topics.as_view(), name="topics"),
    path("fields/", lists.Fields.as_view(), name="fields"),
    path("tags/", lists.Tags.as_view(), name="tags"),
    path("teams/", lists.Teams.as_view(), name="teams"),
    path("agents/", lists.Agents.as_view(), name="agents"),
]
