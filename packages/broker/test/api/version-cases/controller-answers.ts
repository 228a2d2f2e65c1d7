import type { ControllerReply } from "@samsa/controller";
import type { ApiInputs, ApiMessages, ApiName } from "@samsa/protocol";
import { TestBroker } from "../../support/test-broker.ts";

/** One request of a client, and what the controller that was asked on its behalf says. */
export function forwarded<Name extends ApiName>(
  asked: { readonly api: Name; readonly version: number; readonly request: ApiInputs[Name]["request"] },
  reply: ControllerReply,
) {
  const host = TestBroker.serving();
  const client = host.client();
  client.ask(asked.api, asked.version, asked.request);
  const command = host.asked.at(-1);
  command?.answer(reply);
  return { command: command?.request, answer: client.answers[0] as ApiMessages[Name]["response"] };
}
