// Where the page is served from: beside the API. The stack on a developer's machine serves another file by this name,
// which knows the key and the simulator of SES (local/ses/activity).

// The API is where the page is, and the key is asked for.
export const connect = async () => ({ root: "./", key: null, documents: "metadata" });

export const REFRESH_SECONDS = 15;
export const FIRST_TAB = "timeline";

// What only a developer's machine has.
export const simulator = null;
