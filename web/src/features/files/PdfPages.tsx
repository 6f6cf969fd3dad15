// Draws a PDF page by page. Everything that PDF.js needs is served from here, and nothing of the file is run: the
// page's CSP forbids eval, and scripts inside a PDF are never started.
import { GlobalWorkerOptions, getDocument, type PDFDocumentProxy } from 'pdfjs-dist';
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import { useEffect, useRef, useState } from 'react';
import { EmptyState } from '../../design/EmptyState.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useTexts } from '../../i18n/texts.js';
import { contentUrl, type Attachment } from './files-api.js';

GlobalWorkerOptions.workerSrc = workerUrl;

/** a page as wide as the dialogue, at most twice as fine as the screen asks */
const mostPixelRatio = 2;

function usePdf(file: Attachment) {
  const [pdf, setPdf] = useState<PDFDocumentProxy | null>(null);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    const task = getDocument({
      url: contentUrl(file.id, 'inline'),
      withCredentials: true,
      useWasm: false,
      enableXfa: false,
    });
    task.promise.then(setPdf, (error: unknown) => {
      console.warn(error);
      setBroken(true);
    });
    return () => {
      void task.destroy();
    };
  }, [file.id]);
  return { pdf, isBroken };
}

async function draw(pdf: PDFDocumentProxy, number: number, canvas: HTMLCanvasElement): Promise<void> {
  const page = await pdf.getPage(number);
  const unscaled = page.getViewport({ scale: 1 });
  const ratio = Math.min(mostPixelRatio, window.devicePixelRatio);
  const viewport = page.getViewport({ scale: (canvas.clientWidth * ratio) / unscaled.width });
  canvas.width = viewport.width;
  canvas.height = viewport.height;
  canvas.style.aspectRatio = `${String(viewport.width)} / ${String(viewport.height)}`;
  await page.render({ canvas, viewport }).promise;
}

/** Drawn when it comes into sight: nobody waits for page 300. */
function PdfPage({ pdf, number }: { pdf: PDFDocumentProxy; number: number }) {
  const { t } = useTexts();
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        observer.disconnect();
        draw(pdf, number, canvas).then(
          () => {
            canvas.dataset['drawn'] = 'true';
          },
          (error: unknown) => {
            console.warn(error);
          },
        );
      },
      { rootMargin: '300px' },
    );
    observer.observe(canvas);
    return () => {
      observer.disconnect();
    };
  }, [pdf, number]);
  return (
    <canvas
      ref={ref}
      className="pdf-page"
      role="img"
      aria-label={t('files.page', { number, count: pdf.numPages })}
    />
  );
}

export default function PdfPages({ file }: { file: Attachment }) {
  const { t } = useTexts();
  const { pdf, isBroken } = usePdf(file);
  if (isBroken) return <EmptyState title={t('files.noPreview')} hint={t('files.noPreviewHint')} />;
  if (!pdf) return <Skeleton width="100%" height={480} />;
  return (
    <div className="pdf-pages">
      {Array.from({ length: pdf.numPages }, (_, index) => (
        <PdfPage key={index} pdf={pdf} number={index + 1} />
      ))}
    </div>
  );
}
