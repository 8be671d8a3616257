import { App } from "./app";
import { messages } from "./i18n";
import { SessionProvider } from "./session";
import { createQueryClient, start } from "../shared/start";

start({
  messages,
  queries: createQueryClient(),
  children: (
    <SessionProvider>
      <App />
    </SessionProvider>
  ),
});
