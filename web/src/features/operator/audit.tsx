import { AuditLog } from '../audit/page';

/** The platform's own log: what operators did. */
export function OperatorAuditPage() {
  return <AuditLog book="platform" />;
}
