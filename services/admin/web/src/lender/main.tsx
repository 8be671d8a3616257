import { start, createQueryClient } from "../shared/start";
import { PeopleSession } from "../shared/people/session";
import "../shared/people/people.css";
import "./lender.css";
import { App } from "./app";
import { messages } from "./i18n";

const queries = createQueryClient();

start({ messages, queries, children: <App people={new PeopleSession("/v1/lender", queries)} /> });
