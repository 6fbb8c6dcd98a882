// Pages call /api/v1 on the origin of the page itself, and Vite passes the calls on to the fake.
// The page's Host stays, so video_url is on the page's origin too.
const fake = { target: "http://127.0.0.1:8787" };
export default {
  server: { proxy: { "/api/v1": fake, "/results": fake, "/samples": fake } },
};
