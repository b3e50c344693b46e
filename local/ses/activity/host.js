// Where the page is served from: the SES simulator of a developer's machine, which knows the key and hands requests on.

import { simulatorOf } from "./simulator.js";

export async function connect() {
  const settings = await (await fetch("settings")).json();
  await simulator.refresh();
  const isAlone = !settings.ApiUrl;  // A simulator without the API has only what others have sent.
  if (isAlone) location.hash ||= "#/outside";
  return {
    root: `${settings.ApiBase}/`, key: settings.ApiKey ?? (isAlone ? "none" : null),
    documents: isAlone ? null : `${settings.ApiUrl}/metadata`,
  };
}

export const REFRESH_SECONDS = 2;
export const FIRST_TAB = "html";

export const simulator = simulatorOf();
