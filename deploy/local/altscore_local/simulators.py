"""Outside parties as processes: Tally, Meta's WhatsApp API, gateways of SMS and mail, identity providers."""

from collections.abc import Callable

from altscore_local import oidc_provider, sign_in
from altscore_local.files import digest_of
from altscore_local.layout import Layout
from altscore_local.npm_packages import packages_of
from altscore_local.process import SYSTEM_ENVIRONMENT, Process, is_listening
from altscore_local.services import Stores, module_folder, sms_authkey, whatsapp_environment

# module -> name of its process, and of its port
NAMES = {
    "simulators_tally": "tally-sim",
    "simulators_whatsapp": "whatsapp-sim",
    "simulators_sms": "sms-sim",
    "simulators_saml": "saml-sim",
    "simulators_smtp": "smtp-sim",
    "simulators_oidc": oidc_provider.NAME,
}


def simulator_processes(stores: Stores) -> list[Process]:
    """All simulators; those that nobody has written yet are left out."""
    makers: dict[str, Callable[[Stores], Process]] = {
        "simulators_tally": _tally,
        "simulators_whatsapp": _whatsapp,
        "simulators_sms": _sms,
        "simulators_saml": _saml,
        "simulators_smtp": _smtp,
        "simulators_oidc": _oidc,
    }
    return [make(stores) for module, make in makers.items() if module_folder(stores.layout, module) is not None]


def _process(layout: Layout, name: str, module: str, arguments: list[str], env: dict[str, str]) -> Process:
    port = layout.port(name)
    return Process(
        name=name,
        group="simulators",
        argv=[str(layout.venv_python), "-m", module, "--host", layout.listen_host, *arguments],
        env=SYSTEM_ENVIRONMENT | env,
        port=port,
        ready=lambda: is_listening(port),
        cwd=layout.root,
        code=digest_of([folder]) if (folder := module_folder(layout, module)) else "",
    )


def _tally(stores: Stores) -> Process:
    layout = stores.layout
    data = layout.var / "demo" / "tally"
    data.mkdir(parents=True, exist_ok=True)
    arguments = ["--port", str(layout.port("tally-sim")), "--data-dir", str(data)]
    return _process(layout, "tally-sim", "simulators_tally", arguments, {})


def _whatsapp(stores: Stores) -> Process:
    layout = stores.layout
    data = layout.var / "demo" / "whatsapp"
    data.mkdir(parents=True, exist_ok=True)
    plain = whatsapp_environment(stores) | {
        "WHATSAPP_WEBHOOK_URL": f"https://{layout.address('webhook')}/webhooks/whatsapp",
        "WHATSAPP_TLS_CERT_FILE": str(layout.pki / "whatsapp-sim.crt"),
        "WHATSAPP_TLS_KEY_FILE": str(layout.pki / "whatsapp-sim.key"),
    }
    env = {key.replace("WHATSAPP_", "WHATSAPP_SIM_", 1): value for key, value in plain.items()}
    arguments = ["--port", str(layout.port("whatsapp-sim")), "--control-port", str(layout.port("whatsapp-sim-control"))]
    return _process(layout, "whatsapp-sim", "simulators_whatsapp", [*arguments, "--data-dir", str(data)], env)


def _sms(stores: Stores) -> Process:
    layout = stores.layout
    env = {
        "SMS_SIM_AUTHKEY": sms_authkey(layout),
        "SMS_SIM_TLS_CERT_FILE": str(layout.pki / "sms-sim.crt"),
        "SMS_SIM_TLS_KEY_FILE": str(layout.pki / "sms-sim.key"),
    }
    arguments = ["--port", str(layout.port("sms-sim")), "--control-port", str(layout.port("sms-sim-control"))]
    return _process(layout, "sms-sim", "simulators_sms", arguments, env)


def _saml(stores: Stores) -> Process:
    layout = stores.layout
    env = {"NODE_PATH": str(packages_of("saml"))}
    return _process(layout, "saml-sim", "simulators_saml", sign_in.simulator_arguments(layout), env)


def _smtp(stores: Stores) -> Process:
    layout = stores.layout
    env = {
        "SMTP_SIM_TLS_CERT_FILE": str(layout.pki / "smtp-sim.crt"),
        "SMTP_SIM_TLS_KEY_FILE": str(layout.pki / "smtp-sim.key"),
    }
    arguments = ["--port", str(layout.port("smtp-sim")), "--control-port", str(layout.port("smtp-sim-control"))]
    return _process(layout, "smtp-sim", "simulators_smtp", arguments, env)


def _oidc(stores: Stores) -> Process:
    layout = stores.layout
    env = oidc_provider.environment(layout) | {"NODE_PATH": str(packages_of("oidc"))}
    arguments = ["--port", str(layout.port(oidc_provider.NAME))]
    return _process(layout, oidc_provider.NAME, "simulators_oidc", arguments, env)
