export function OperatorNumbersPage() {
  return null;
}
