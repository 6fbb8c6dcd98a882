export DASHSCOPE_HTTP_BASE_URL='http://127.0.0.1:8787/api/v1'
export DASHSCOPE_API_KEY='sk-local'
export NO_PROXY="127.0.0.1,localhost,::1${NO_PROXY:+,$NO_PROXY}"
