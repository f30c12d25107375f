/** Sends a file and tells how far it is: `fetch` cannot. */
import { asProblem, Problem, problemFrom } from './problem';
import { session } from './session';

export async function upload<T>(url: string, file: Blob, onProgress: (share: number) => void): Promise<T> {
  const token = await session.bearer();
  return new Promise<T>((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    if (token) request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.setRequestHeader('Content-Type', file.type.startsWith('audio/') ? file.type : 'application/octet-stream');
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => failed(asProblem(new TypeError('network')));
    request.onabort = () => failed(new Problem('offline', 0, ''));
    request.onload = () => {
      let body: unknown;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = undefined;
      }
      if (request.status >= 200 && request.status < 300) done(body as T);
      else failed(problemFrom(request.status, body));
    };
    request.send(file);
  });
}
