"""Exit 0 when a health page is good: probe.py URL [PART of /readyz]. For container health checks."""

import json
import sys
import urllib.error
import urllib.request


def main(url: str, part: str = "") -> str | None:
    # Containers reach each other by names that ALLOWED_HOSTS does not know.
    request = urllib.request.Request(url, headers={"Host": "localhost"})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            body = response.read()
    except (urllib.error.URLError, OSError) as failure:
        return f"{url}: {failure}"
    status = json.loads(body)["parts"][part]["status"] if part else "ok"
    return None if status == "ok" else f"{part}: {status}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
