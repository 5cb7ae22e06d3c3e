import '~/i18n/index';
import '~/app/app.css';
import '~/components/components.css';
import '~/pages/pages.css';
import '~/pages/scores/scores.css';
import '~/pages/tasks/tasks.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient, router } from '~/app/router';
import { ThemeProvider } from '~/app/theme';

// A page kept open over an update asks for parts that are gone; the new ones come with the new page, tried once.
window.addEventListener('vite:preloadError', (event) => {
  const key = 'siyu.reloadedAt';
  if (Date.now() - Number(sessionStorage.getItem(key) ?? 0) < 60_000) return;
  sessionStorage.setItem(key, String(Date.now()));
  event.preventDefault();
  window.location.reload();
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <ThemeProvider>
        <RouterProvider router={router} />
      </ThemeProvider>
    </QueryClientProvider>
  </StrictMode>,
);
