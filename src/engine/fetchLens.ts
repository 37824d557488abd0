import { DownloadError } from "../errors";
import { printable } from "../math/printable";
import { baseOf } from "./paths";
import type { LinkedLens, LoadProgress, NamedBlob } from "./protocol";

const reportMs = 100;

/**
 * The lens file that a link names: no cookies go with the request and no address of ours. At most as many
 * bytes are taken as the link says; whether they are the ones is checked when the lens is opened.
 *
 * @throws DownloadError if it does not arrive
 * @throws signal.reason if `signal` aborts
 */
export async function fetchLens(
  { name, url, sizeBytes }: LinkedLens,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
): Promise<NamedBlob> {
  const { host, pathname } = new URL(url);
  const failed = (why: string, remedy: string) =>
    new DownloadError(`The lens could not be fetched from ${host}: ${why}. ${remedy}.`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const started = performance.now();
  let loadedBytes = 0;
  let reported = Number.NEGATIVE_INFINITY;
  const report = () => {
    reported = performance.now();
    const bytesPerSecond = (1000 * loadedBytes) / Math.max(1, reported - started);
    onProgress({ status: "downloading", name, loadedBytes, totalBytes: sizeBytes, bytesPerSecond });
  };

  report();
  let response: Response;
  try {
    response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer", signal });
  } catch (error) {
    signal.throwIfAborted();
    throw failed(
      `${reasonOf(error)}; it is not there, or does not let other pages fetch it`,
      "Download the file yourself, then drop it here",
    );
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel().catch(() => {});
    const status = printable(`${response.status} ${response.statusText}`.trim());
    throw failed(
      `the server answered ${status}`,
      "See whether you can download the file yourself, then drop it here; if not, ask whoever made the link for it",
    );
  }
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      loadedBytes += value.length;
      if (loadedBytes > sizeBytes) break;
      parts.push(value);
      if (performance.now() - reported >= reportMs) report();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw failed(
      `it broke off: ${reasonOf(error)}`,
      "Check the connection and fetch it again, or download the file yourself and drop it here",
    );
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (loadedBytes !== sizeBytes) {
    const is = loadedBytes > sizeBytes ? "longer" : "shorter";
    throw failed(
      `what is there is ${is} than the ${sizeBytes} bytes that the link names`,
      "It may have been replaced since: ask whoever made the link for the file, then drop it here",
    );
  }
  report();
  return { name: baseOf(pathname) || name, blob: new Blob(parts) };
}

const reasonOf = (error: unknown) =>
  printable(error instanceof Error ? error.message : `${error}`).replace(/\.$/, "");
