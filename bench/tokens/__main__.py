"""`python -m bench.tokens`: tokens a second and processor time per token, on a SoftHSM2 token of its own."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import jwt
from altscore_libs.clock import SystemClock
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import Pkcs11RsaSigner, RsaSigner, make_rsa_key
from altscore_libs.testing import SoftwareRsaSigner
from altscore_local.toolchain import softhsm_module
from altscore_score.tokens.domain import TokenIds
from altscore_score.tokens.issuer import TokenIssuer
from altscore_score.tokens.verifier import ALGORITHM, AUDIENCE, ISSUER, LIFE_S, TYPE, KeyRing
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

LABEL, LENDER, PIN = "jwt-1", "lender_bench", "1234"
ROUNDS, TOKENS = 5, 200
AT_ONCE = (1, 16)


class Cost(NamedTuple):
    """Of one round."""

    tokens_per_s: float
    cpu_ms: float
    """Of one token, all threads of this process."""


class PyJwtIssuer:
    """What score did before: PyJWT signs with a key of the process, on the event loop, and nobody verifies."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65_537, 2_048)

    async def issue(self, lender_id: str) -> str:
        """A token."""
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": lender_id, "iat": 0, "exp": LIFE_S, "jti": "0" * 32}
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"typ": TYPE, "kid": LABEL})


async def measure(issuer: TokenIssuer | PyJwtIssuer, at_once: int) -> Cost:
    """The median round of ROUNDS, by tokens a second."""
    rounds = []
    for _ in range(ROUNDS):
        begin, cpu = time.perf_counter(), time.process_time()
        for _ in range(TOKENS // at_once):
            await asyncio.gather(*(issuer.issue(LENDER) for _ in range(at_once)))
        issued = TOKENS // at_once * at_once
        rounds.append(Cost(issued / (time.perf_counter() - begin), 1_000 * (time.process_time() - cpu) / issued))
    return sorted(rounds)[ROUNDS // 2]


def issuer_of(folder: Path, label: str, signer: RsaSigner, public_pem: bytes) -> TokenIssuer:
    """An issuer whose only key has that label."""
    (folder / label).mkdir()
    (folder / label / f"{label}.pem").write_bytes(public_pem)
    clock = SystemClock()
    return TokenIssuer(KeyRing(folder / label, ids=TokenIds(bytes(32)), clock=clock), signer, clock, sign_s=10)


def new_token(folder: Path) -> SignerSettings:
    """An empty token of this run's own."""
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n", encoding="ascii")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    program = ["softhsm2-util", "--init-token", "--free", "--label", LENDER, "--pin", PIN, "--so-pin", PIN]
    subprocess.run(program, check=True, capture_output=True)
    return SignerSettings(
        pkcs11_module=softhsm_module(), pkcs11_token=LENDER, pkcs11_pin=SecretStr(PIN), public_keys_dir=folder
    )


async def compare(folder: Path) -> None:
    """Prints a line for each kind of key and number of tokens at once."""
    settings, software = new_token(folder), SoftwareRsaSigner([LABEL])
    issuers: dict[str, TokenIssuer | PyJwtIssuer] = {
        "PyJWT with a key of the process, 2,048 bits": PyJwtIssuer(),
        "issuer with a key of the process, 2,048 bits": issuer_of(folder, LABEL, software, software.public_pem(LABEL)),
    }
    for bits in (2_048, 3_072):
        label, signer = f"jwt-{bits}", Pkcs11RsaSigner(settings)
        issuers[f"issuer with a key in SoftHSM2, {bits:,} bits"] = issuer_of(
            folder, label, signer, await make_rsa_key(settings, label, bits)
        )
    for kind, issuer in issuers.items():
        for at_once in AT_ONCE:
            cost = await measure(issuer, at_once)
            line = f"{kind}, {at_once} at once: {cost.tokens_per_s:,.0f} tokens/s, {cost.cpu_ms:.2f} ms CPU a token\n"
            sys.stdout.write(line)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(compare(Path(name)))
