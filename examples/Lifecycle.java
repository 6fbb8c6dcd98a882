// Portrait and voice to video.mp4 with Java's own HTTP client (Java 17 or newer), no packages:
//   java examples/Lifecycle.java
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.regex.Pattern;

class Lifecycle {
    static final String BASE = env("DASHSCOPE_HTTP_BASE_URL", "http://127.0.0.1:8787/api/v1");
    static final String KEY = env("DASHSCOPE_API_KEY", "sk-local");
    static final long POLL_MILLIS = Long.getLong("poll.millis", 2000);
    static final String SAMPLES =
            "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN";
    // HTTP/1.1: otherwise every call over plain http carries an offer of HTTP/2.
    static final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static void main(String[] args) throws Exception {
        String created = send(request("/services/aigc/image2video/video-synthesis")
                .header("X-DashScope-Async", "enable")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("""
                        {"model": "emo-v1",
                         "input": {"image_url": "%s/20250911/yhdvfg/emo-%%E5%%9B%%BE%%E7%%89%%87.png",
                                   "audio_url": "%s/20250825/aejgyj/input_audio.mp3",
                                   "face_bbox": [302, 286, 610, 593],
                                   "ext_bbox": [71, 9, 840, 778]}}""".formatted(SAMPLES, SAMPLES))));
        String task = text(created, "task_id");
        String answer = created;
        String status = text(answer, "task_status");
        while (status.equals("PENDING") || status.equals("RUNNING")) {
            Thread.sleep(POLL_MILLIS);
            answer = send(request("/tasks/" + task));
            status = text(answer, "task_status");
        }
        if (!status.equals("SUCCEEDED")) throw new IllegalStateException(answer);
        var video = HttpRequest.newBuilder(URI.create(text(answer, "video_url"))).build();
        int code = http.send(video, BodyHandlers.ofFile(Path.of("video.mp4"))).statusCode();
        if (code != 200) throw new IllegalStateException("download: " + code);
        System.out.println(status + " video.mp4");
    }

    static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(BASE + path)).header("Authorization", "Bearer " + KEY);
    }

    static String send(HttpRequest.Builder request) throws Exception {
        var response = http.send(request.build(), BodyHandlers.ofString());
        if (response.statusCode() != 200) throw new IllegalStateException(response.body());
        return response.body();
    }

    /** The first text of that name. A program would use its JSON library here. */
    static String text(String json, String name) {
        var found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        if (!found.find()) throw new IllegalStateException("no " + name + " in " + json);
        return found.group(1);
    }

    static String env(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null ? otherwise : value;
    }
}
