// Asking the page's server. What goes wrong is an `ApiError` with one sentence, and what else the answer held.

export class ApiError extends Error {
  constructor(status, answer) {
    super(answer.error || "Something went wrong on the trainer.");
    this.status = status;
    this.answer = answer;
  }
}

const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";

async function ask(method, path, body) {
  const request = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    request.headers["Content-Type"] = "application/json";
    request.headers["X-CSRF"] = csrf;
    request.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new ApiError(0, { error: "The trainer cannot be reached. Is it switched on, and are both in the same network?" });
  }
  if (answer.status === 401) location.assign("/pair");
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

export const get = async (path) => (await ask("GET", path)).json();
export const post = async (path, body = {}) => (await ask("POST", path, body)).json();
export const put = async (path, body) => (await ask("PUT", path, body)).json();
export const sound = async (path, body) => (await ask("POST", path, body)).blob();
