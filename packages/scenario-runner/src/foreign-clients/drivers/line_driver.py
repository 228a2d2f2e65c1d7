"""One command a line on stdin, one answer a line on stdout, as src/command.ts has them."""

import json
import sys
import threading


class Unsupported(Exception):
    pass


class LineDriver:
    """What a client can do are its methods, named as the commands with `_` for `-`. Ends with stdin."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self._lock = threading.Lock()

    def say(self, line):
        text = json.dumps(line)
        with self._lock:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def run(self):
        for line in sys.stdin:
            threading.Thread(target=self._obey, args=(json.loads(line),), daemon=True).start()
        self.close()

    def close(self):
        pass

    def _obey(self, asked):
        asked_id = asked.pop("id")
        method = getattr(self, asked.pop("command").replace("-", "_"), None)
        try:
            if method is None:
                raise Unsupported("this client has no such command")
            self.say({**(method(**asked) or {}), "id": asked_id})
        except Unsupported as error:
            self.say({"id": asked_id, "error": "UNSUPPORTED", "message": str(error)})
        except Exception as error:  # whatever the client says is told
            self.say({"id": asked_id, "error": self.name_of(error), "message": repr(error)})

    def name_of(self, error):
        return type(error).__name__


def text(value):
    return None if value is None else value.decode()


def encoded(value):
    return None if value is None else value.encode()
