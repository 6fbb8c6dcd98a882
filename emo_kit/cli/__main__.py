from emo_kit.cli.main import main

main()
