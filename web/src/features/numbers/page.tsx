export function NumbersPage() {
  return null;
}
