export function OperatorSignInPage() {
  return null;
}
