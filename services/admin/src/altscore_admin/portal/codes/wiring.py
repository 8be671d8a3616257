"""Wiring of what sends codes and removes what is over."""

from collections.abc import Mapping

import asyncpg
from altscore_libs.clock import SystemClock
from altscore_libs.service import Worker

from altscore_admin.portal.codes.senders import CodeSender, SmsCodeSender, SmtpCodeSender
from altscore_admin.portal.codes.worker import CodeDispatcher, PortalRetention
from altscore_admin.portal.crypto import PortalKeys
from altscore_admin.portal.settings import WorkerSettings


def code_senders(settings: WorkerSettings) -> dict[str, CodeSender]:
    """The channels that are configured."""
    senders: dict[str, CodeSender] = {}
    if settings.sms_url is not None and settings.sms_authkey is not None:
        senders["sms"] = SmsCodeSender(
            settings.sms_url,
            authkey=settings.sms_authkey,
            template_ids=settings.sms_code_template_ids,
            ca_file=settings.sms_ca_file,
        )
    if settings.smtp_host is not None:
        login = None
        if settings.smtp_username is not None and settings.smtp_password is not None:
            login = (settings.smtp_username, settings.smtp_password)
        senders["email"] = SmtpCodeSender(
            settings.smtp_host,
            settings.smtp_port,
            sender=settings.smtp_sender,
            login=login,
            ca_file=settings.smtp_ca_file,
        )
    return senders


def portal_workers(settings: WorkerSettings, pool: asyncpg.Pool) -> Mapping[str, Worker]:
    """The loops of the worker beside its relay."""
    clock, keys = SystemClock(), PortalKeys(settings.contact_key_bytes())
    dispatcher = CodeDispatcher(pool=pool, clock=clock, keys=keys, senders=code_senders(settings))
    return {"codes": dispatcher.queue().run, "retention": PortalRetention(pool, clock).worker().run}
