/** The bar that follows a call over every page. */
export default function PhoneDock() {
  return null;
}
