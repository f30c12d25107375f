export function OperatorSignedIn() {
  return null;
}
