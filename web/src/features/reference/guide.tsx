import { useTranslation } from 'react-i18next';
import { Code } from './code';
import { Part } from './operation';

const PROBLEM = `HTTP/1.1 422 Unprocessable Content
Content-Type: application/problem+json

{
  "type": "urn:patchbay:problem:validation",
  "title": "Unprocessable Content",
  "status": 422,
  "code": "validation",
  "errors": [{ "field": "name", "code": "required", "text": "Something must stand here." }]
}`;

const RATES = `RateLimit-Policy: "key";q=600;w=60, "company";q=3000;w=60
RateLimit: "key";r=598;t=1, "company";r=2998;t=1`;

/** What holds for every operation. */
export function Guide() {
  const { t } = useTranslation('reference');
  const words = 'max-w-[70ch] text-14 text-ink-2';
  const host = location.origin;
  return (
    <article className="flex max-w-4xl flex-col gap-6">
      <h2 className="text-16 font-semibold tracking-tight">{t('start')}</h2>
      <Part title={t('guide.keys')}>
        <p className={words}>{t('guide.keys_text')}</p>
        <Code label="curl">{`curl ${host}/v1/api-keys/current -H "Authorization: Bearer $PATCHBAY_KEY"`}</Code>
      </Part>
      <Part title={t('guide.once')}>
        <p className={words}>{t('guide.once_text')}</p>
      </Part>
      <Part title={t('guide.pages')}>
        <p className={words}>{t('guide.pages_text')}</p>
        <Code label="curl">{`curl "${host}/v1/calls?limit=100&cursor=$NEXT" -H "Authorization: Bearer $PATCHBAY_KEY"`}</Code>
      </Part>
      <Part title={t('guide.problems')}>
        <p className={words}>{t('guide.problems_text')}</p>
        <Code label={t('example')}>{PROBLEM}</Code>
      </Part>
      <Part title={t('guide.rates')}>
        <p className={words}>{t('guide.rates_text')}</p>
        <Code label={t('example')}>{RATES}</Code>
      </Part>
      <Part title={t('guide.phone')}>
        <p className={words}>{t('guide.phone_text')}</p>
        <Code label="curl">{`curl -X POST ${host}/v1/seats/$SEAT/tokens \\
  -H "Authorization: Bearer $PATCHBAY_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{ "expires_in_s": 3600, "origins": ["https://crm.example.com"] }'`}</Code>
      </Part>
    </article>
  );
}
